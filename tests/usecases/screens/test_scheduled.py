"""The tab of a scheduled campaign says at any time to whom it is sent, and what the CRM changed since."""

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.usecases.screens import scheduled as scheduled_screen
from cxmc_ext.usecases.screens import tab
from cxmc_ext.usecases.screens.scheduled import ScheduledScreen, build_scheduled
from cxmc_ext.usecases.sync import turn
from tests.support.crm_changes import (
    change,
    come_near,
    merge,
    remove,
    scheduled,
    tick_and_work,
)
from tests.support.recruiter import Recruiter

ANNA, BRAM, CARL = (f"{name}@kandidaten.example" for name in ("anna", "bram", "carl"))


def screen_of(recruiter: Recruiter) -> ScheduledScreen:
    recruiter.session.rollback()
    rows = tab.load_rows(recruiter.services, recruiter.campaign)
    assert rows is not None
    return build_scheduled(recruiter.services, rows)


def numbers(screen: ScheduledScreen) -> tuple[int, int, int, int, int]:
    found = screen.changes
    return screen.mailable, found.removed, found.corrected, found.left_out, found.added


def schedule_and_remove(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch, max_compared: int
) -> PersonRef:
    """Anna is removed from a scheduled campaign to her and Bram; a page compares some people at most."""
    monkeypatch.setattr(scheduled_screen, "MAX_COMPARED", max_compared)
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    remove(recruiter, anna)
    return anna


def test_it_shows_each_change_at_once(recruiter: Recruiter) -> None:
    anna, bram, carl, _ = scheduled(recruiter, ANNA, BRAM, CARL, "dora@kandidaten.example")
    assert numbers(screen_of(recruiter)) == (4, 0, 0, 0, 0)
    remove(recruiter, anna)
    assert numbers(screen_of(recruiter)) == (3, 1, 0, 0, 0)
    change(recruiter, bram, address="bram@nieuw.example")
    assert numbers(screen_of(recruiter)) == (3, 1, 1, 0, 0)
    change(recruiter, carl, address="")
    assert numbers(screen_of(recruiter)) == (2, 1, 1, 1, 0)
    recruiter.add("eva@kandidaten.example")
    assert numbers(screen_of(recruiter)) == (2, 1, 1, 1, 1)


def test_a_person_whom_the_host_does_not_describe_is_no_change(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = recruiter.host.people
    odd = Person(PersonRef(PersonKind.CANDIDATE, "77"), "Odd", address=7)  # type: ignore[arg-type]
    monkeypatch.setattr(
        recruiter.host, "people", lambda ref: ([*chunk, odd] for chunk in people(ref))
    )
    scheduled(recruiter, ANNA, BRAM)
    assert numbers(screen_of(recruiter)) == (2, 0, 0, 0, 0)


def test_a_merged_person_is_no_change(recruiter: Recruiter) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    merge(recruiter, anna, ANNA)
    assert numbers(screen_of(recruiter)) == (2, 0, 0, 0, 0)


def test_two_people_merged_into_a_third_are_one_recipient(recruiter: Recruiter) -> None:
    first, _, second = scheduled(recruiter, ANNA, BRAM, ANNA)
    remove(recruiter, first, second)
    recruiter.add(ANNA)
    assert numbers(screen_of(recruiter)) == (2, 1, 0, 0, 0)


def test_a_duplicate_that_is_left_still_gets_the_mail(recruiter: Recruiter) -> None:
    first, _, _ = scheduled(recruiter, ANNA, BRAM, ANNA)
    remove(recruiter, first)
    assert numbers(screen_of(recruiter)) == (2, 1, 0, 0, 0)


def test_it_says_the_same_after_a_check_has_left_them_out(recruiter: Recruiter) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    remove(recruiter, anna)
    recruiter.add(CARL)
    before = numbers(screen_of(recruiter))
    come_near(recruiter)
    tick_and_work(recruiter)
    assert recruiter.mailing.mailable_count == 1
    assert numbers(screen_of(recruiter)) == before == (1, 1, 0, 0, 1)


def test_after_the_last_check_nothing_is_promised_anymore(recruiter: Recruiter) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    come_near(recruiter, 359)
    tick_and_work(recruiter)
    remove(recruiter, anna)
    screen = screen_of(recruiter)
    assert (screen.is_last_check_over, screen.follows_crm, screen.mailable) == (True, False, 2)


def test_with_a_refused_key_nothing_is_promised(recruiter: Recruiter) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    remove(recruiter, anna)
    recruiter.session.execute(update(Account).values(key_refused=True))
    recruiter.services.session().commit()
    screen = screen_of(recruiter)
    assert (screen.follows_crm, screen.mailable) == (False, 2)


def test_a_large_campaign_is_compared_by_the_hourly_sync_turn_not_by_the_page(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule_and_remove(recruiter, monkeypatch, 1)
    with monkeypatch.context() as page:
        page.setattr(recruiter.host, "people", None)
        assert numbers(screen_of(recruiter)) == (2, 0, 0, 0, 0)
    turn.run(recruiter.services, recruiter.mailing.id, requested=True)
    screen = screen_of(recruiter)
    assert numbers(screen) == (1, 1, 0, 0, 0)
    assert screen.changes.at > 0


def test_a_change_that_was_taken_back_is_not_shown_after_the_last_check(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = schedule_and_remove(recruiter, monkeypatch, 1)
    turn.run(recruiter.services, recruiter.mailing.id, requested=True)
    recruiter.host.add_to_campaign(recruiter.campaign, anna)
    assert numbers(screen_of(recruiter)) == (1, 1, 0, 0, 0)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert numbers(screen_of(recruiter)) == (2, 0, 0, 0, 0)


def test_a_page_compares_as_many_people_as_it_may(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule_and_remove(recruiter, monkeypatch, 2)
    recruiter.add(CARL)
    assert numbers(screen_of(recruiter)) == (1, 1, 0, 0, 1)


def test_a_page_stops_reading_a_campaign_that_has_grown(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule_and_remove(recruiter, monkeypatch, 2)
    recruiter.add(CARL, "dora@kandidaten.example")
    assert numbers(screen_of(recruiter)) == (2, 0, 0, 0, 0)


def test_the_version_of_the_panel_follows_the_crm(recruiter: Recruiter) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    before = _version(recruiter)
    assert _version(recruiter) == before
    remove(recruiter, anna)
    assert _version(recruiter) != before


def _version(recruiter: Recruiter) -> str:
    recruiter.session.rollback()
    rows = tab.load_rows(recruiter.services, recruiter.campaign)
    assert rows is not None
    viewer = tab.Viewer(recruiter.user, frozenset())
    campaign = recruiter.host.campaigns[recruiter.campaign]
    return tab.tab_state(recruiter.services, viewer, campaign, rows).version
