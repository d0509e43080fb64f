"""Everything is stored exactly once: in large reports, in several imports, after crashes, in any order.

CXMC_TEST_PEOPLE=100000 runs the large tests at the size that the product is made for.
"""

import os
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxmc_ext.db.queries import bulk, change_check, clicked_links, sync_turns
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.usecases.sync import pages as report_pages
from tests.support.fake_reports import (
    FakeReports,
    ReportedEvent,
    Start,
    SyncedMailing,
    busy_campaign,
    connect_engine,
)
from tests.support.killed import Killed, dies

PEOPLE = int(os.environ.get("CXMC_TEST_PEOPLE", "2500"))


def test_large_report_is_stored_completely_with_one_call_per_page(start: Start) -> None:
    reading = start(busy_campaign(PEOPLE, moments=1))
    reading.sync()
    reading.check()
    pages = -(-PEOPLE // 1000)
    left = len(reading.reports.unsubscribed_at) // 1000 + 1  # a full page is not the last one
    assert reading.reports.calls == {"change check": 1, "page": pages, "unsubscribes": left}
    reading.sync()
    assert reading.reports.calls["page"] == pages, "nothing changed: only the change check"
    reading.sync_from_scratch()
    reading.check()


def test_three_partial_imports_store_the_same_as_one_full_import(start: Start) -> None:
    reading = start(busy_campaign(PEOPLE, moments=3))
    for moment in range(3):
        reading.sync(moment)
        reading.check()
    reading.sync_from_scratch()
    reading.check()


def test_one_percent_new_events_take_one_call_per_page(start: Start) -> None:
    reading = start(busy_campaign(PEOPLE, moments=1))
    reading.sync()
    reading.reports.calls.clear()
    at = reading.now
    reading.reports.events += [ReportedEvent(n, "open", at, "", 0) for n in range(0, PEOPLE, 100)]
    reading.sync()
    reading.check()
    assert reading.reports.calls == {"change check": 1, "page": -(-PEOPLE // 1000)}


CRASHES: tuple[tuple[ModuleType, str], ...] = (
    (sync_turns, "claim"),
    (change_check, "claim_change_check"),
    (sync_turns, "extend"),
    (bulk, "find_by_hashes"),
    (clicked_links, "get_or_create"),
    (bulk, "add_sent_events"),
    (bulk, "add_events"),
    (bulk, "raise_statuses"),
    (unsubscribe_queries, "stored_unsubscribes"),
    (bulk, "add_calls"),
    (sync_turns, "finish"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("room", "name"), CRASHES, ids=[name for _, name in CRASHES])
def test_crash_in_any_step_of_any_import_loses_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch, room: ModuleType, name: str
) -> None:
    monkeypatch.setattr(report_pages, "PAGES_PER_COMMIT", 1)
    reading = start(busy_campaign(PEOPLE, moments=3))
    for moment in range(3):
        with monkeypatch.context() as patched:
            patched.setattr(room, name, dies(getattr(room, name), nth=moment + 1))
            try:
                reading.sync(moment)
            except Killed:
                reading.session.rollback()
        reading.sync()
        reading.check()


def test_row_listed_on_two_pages_is_stored_once(start: Start) -> None:
    reporter = busy_campaign(1500, moments=2)
    reporter.page_order = lambda: [*range(1000), 0, *range(1000, 1500)]
    reading = start(reporter)
    for moment in range(2):
        reading.sync(moment)
        reading.check()


def test_pages_are_read_again_until_their_totals_agree(start: Start) -> None:
    """One recipient is missing while the second page is read, so a row moves to the first page."""
    reporter = busy_campaign(2500, moments=1)
    reporter.total_from_page_order = True
    everybody = list(range(2500))
    reporter.page_order = lambda: everybody[1:] if reporter.calls["page"] == 2 else everybody
    reading = start(reporter)
    reading.sync()
    reading.check()
    assert reporter.calls["page"] == 6


def test_report_with_a_wrong_total_is_accepted_after_two_equal_passes(start: Start) -> None:
    reporter = busy_campaign(1500, moments=1)
    reporter.page_order = lambda: [*range(1500), 1499]
    reading = start(reporter)
    reading.sync()
    reading.check()
    assert reporter.calls["page"] == 4


_HAPPENINGS = st.lists(
    st.builds(
        ReportedEvent,
        st.integers(0, 3),
        st.sampled_from(["open", "click", "bounce"]),
        st.sampled_from([1_790_003_000, 1_790_003_001, 1_790_003_900, 1_790_005_000]),
        st.sampled_from(["", "https://a.example"]),
        st.integers(0, 2),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_HAPPENINGS, st.permutations(range(4)), st.lists(st.integers(0, 3)), st.randoms())
def test_order_repetition_and_splitting_do_not_change_the_result(
    happenings: list[ReportedEvent], order: list[int], repeated: list[int], dice: Any
) -> None:
    reporter = FakeReports(4, list(happenings))
    reporter.page_order = lambda: [*order, *repeated]
    split = SyncedMailing(reporter, connect_engine("sqlite://"))
    for moment in (0, 1, 1, 2):
        dice.shuffle(reporter.events)
        split.sync(moment)
        split.check()
    once = SyncedMailing(FakeReports(4, list(happenings), now=2), connect_engine("sqlite://"))
    once.sync()
    assert (split.stored_events(), split.stored_statuses()) == (
        once.stored_events(),
        once.stored_statuses(),
    )
    split.close()
    once.close()
