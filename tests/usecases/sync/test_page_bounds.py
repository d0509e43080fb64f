"""Every reading of pages ends, whatever MailChimp announces and however often it repeats itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from cxmc_ext.adapters.mailchimp.endpoints import MAX_PAGES
from cxmc_ext.adapters.mailchimp.members import MemberEndpoints
from cxmc_ext.domain.errors import Unknown
from cxmc_ext.domain.mailchimp import ActivityPage, Member, Page, ReportSummary, Unsubscribe
from tests.support.fake_reports import (
    SENT_AT,
    FakeReports,
    Start,
    address,
    member_hash,
)

pytestmark = pytest.mark.slow

PEOPLE = 1500
HUGE = 2**31 - 1


@dataclass
class WrongReports(FakeReports):
    """A report whose totals are wrong, or whose pages repeat the first one for ever."""

    wrong: dict[str, Any] = field(default_factory=dict)
    total: Any = "right"
    is_endless: bool = False

    def report_summaries(self, since: int) -> Iterator[ReportSummary]:
        for summary in super().report_summaries(since):
            yield replace(summary, **self.wrong)

    def activity_page(self, remote: str, offset: int, since: int | None) -> ActivityPage:
        page = super().activity_page(remote, 0 if self.is_endless else offset, since)
        return page if self.total == "right" else replace(page, total=self.total)

    def unsubscribes_page(self, remote: str, offset: int) -> Page[Unsubscribe]:
        return super().unsubscribes_page(remote, 0 if self.is_endless else offset)


def everybody_left() -> dict[int, int]:
    return {n: SENT_AT + 3600 + n for n in range(PEOPLE)}


@pytest.mark.parametrize("count", [0, 1, 999, 1000, HUGE, None])
@pytest.mark.parametrize("total", [0, 1, 999, 1001, HUGE, None, "right"])
def test_wrong_totals_lose_nobody_and_cost_few_calls(start: Start, count: Any, total: Any) -> None:
    wrong = {"emails_sent": count} if total != "right" else {"unsubscribed": count or None}
    reading = start(WrongReports(PEOPLE, [], everybody_left(), wrong=wrong, total=total))
    reading.sync()
    assert reading.stored_events() == reading.expected_events()
    assert reading.reports.calls["page"] <= 40
    assert reading.reports.calls["unsubscribes"] <= 20


def test_pages_without_an_end_are_given_up_and_tried_again_later(start: Start) -> None:
    reports = WrongReports(PEOPLE, [], everybody_left(), total=HUGE, is_endless=True)
    reading = start(reports)
    reading.sync()
    row = reading.mailing_row()
    assert row.sync_problem["code"] == "report_moved"
    assert (row.sync_failures, row.report_fingerprint) == (1, "")
    assert sum(reports.calls.values()) < 100
    reports.total, reports.is_endless = "right", False
    reading.sync()
    reading.check()


@dataclass
class EndlessHttp:
    """Answers every request with a full page: always the same one, or always another."""

    is_repeated: bool
    calls: int = 0

    def get(self, *_: Any, **__: Any) -> Page[Member]:
        self.calls += 1
        number = 0 if self.is_repeated else self.calls
        members = [Member(member_hash(number), address(number), "unsubscribed", {})] * 1000
        return Page(members, 1000)


@pytest.mark.parametrize(("is_repeated", "most"), [(True, 2), (False, MAX_PAGES)])
def test_a_collection_without_an_end_is_no_answer(is_repeated: bool, most: int) -> None:
    http = EndlessHttp(is_repeated)
    members = MemberEndpoints(http)  # type: ignore[arg-type]
    with pytest.raises(Unknown):
        list(members.members_changed("l1", "unsubscribed", 0))
    assert http.calls == most


def test_a_row_that_cannot_be_used_does_not_end_the_reading() -> None:
    pages = [Page([Member("h", "a@b.example", "cleaned", {})], 1000), Page([], 0)]

    class Http:
        def get(self, *_: Any, **__: Any) -> Page[Member]:
            return pages.pop(0)

    members = MemberEndpoints(Http())  # type: ignore[arg-type]
    assert len(list(members.members_changed("l1", "unsubscribed", 0))) == 1
    assert pages == [], "a page is full although only one of its rows is used"
