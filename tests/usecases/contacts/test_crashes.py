"""The worker dies at every commit and every call of archiving and forwarding; the next one ends it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.withdrawn_member import WithdrawnMember
from cxmc_ext.domain.people import PersonRef, User
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.screens.contacts import build_contacts
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter
from tests.usecases.contacts.conftest import (
    ADA,
    BOB,
    CHANGES,
    COR,
    archive,
    calls_of,
    choose,
    hour_later,
    make_older,
    opt_out,
    send_to,
    statuses,
)
from tests.usecases.sending.test_crashes import POINTS, Guillotine, Killed, before

pytestmark = [on_both, pytest.mark.slow]


@pytest.fixture(params=POINTS)
def blade(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Guillotine:
    name = POINTS[request.param]
    made = Guillotine()
    monkeypatch.setattr(OperationContext, name, before(getattr(OperationContext, name), made))
    return made


def test_archiving_survives_the_death_of_its_worker_anywhere(
    year_later: Recruiter, admin_user: User, blade: Guillotine
) -> None:
    recruiter = year_later
    for nth in range(1, 60):
        if not die_once(recruiter, blade, nth, lambda: archive(recruiter, admin_user)):
            break
        assert statuses(recruiter, ADA, BOB, COR) == ["archived"] * 3
        assert build_contacts(recruiter.services).unused_count == 0
        begin_again(recruiter)
    else:
        raise AssertionError("it has fewer points than that")
    assert nth > 3


def die_once(recruiter: Recruiter, blade: Guillotine, nth: int, press: Callable[[], Any]) -> bool:
    """Whether a worker died; another one then ends the work."""
    blade.set(nth)
    try:
        press()
    except Killed:
        recruiter.session.rollback()
    fell = blade.fell
    blade.set(0)
    recruiter.skip_pauses()
    recruiter.queue.nudges.clear()
    recruiter.run_workers()
    return fell


def begin_again(recruiter: Recruiter) -> None:
    """Everybody is subscribed, as far as we and MailChimp know."""
    session = recruiter.session
    session.execute(delete(WithdrawnMember))
    session.commit()
    for address in (ADA, BOB, COR):
        recruiter.audience.members[subscriber_hash(address)].status = "subscribed"


def test_forwarding_survives_the_death_of_its_worker_anywhere(
    mailed: Recruiter, blade: Guillotine
) -> None:
    """And whoever else has the address is not opted out for it."""
    choose(mailed, "unsubscribe")
    others: set[PersonRef] = set()
    for nth in range(1, 40):
        address = f"p{nth}@kandidaten.example"
        send_to(mailed, address)
        ref = opt_out(mailed, address)
        others.add(mailed.host.add_person(address.upper()))
        blade.set(nth)
        try:
            hour_later(mailed)
        except Killed:
            mailed.session.rollback()
        fell = blade.fell
        blade.set(0)
        mailed.skip_pauses()
        mailed.run_workers()
        assert statuses(mailed, address) == ["unsubscribed"]
        assert ref in mailed.host.opt_outs
        assert not others & mailed.host.opt_outs
        if not fell:
            break
    assert 3 < nth < 39
    assert calls_of(mailed, *CHANGES) == ["unsubscribe_member"] * nth


@pytest.mark.parametrize("keeps", [False, True])
def test_clean_up_survives_the_death_of_its_worker_anywhere(
    mailed: Recruiter, blade: Guillotine, keeps: bool
) -> None:
    """The segment is gone, or has the campaign's title, however often it was tried."""
    object.__setattr__(mailed.services.settings, "keep_segments", keeps)
    for nth in range(1, 40):
        send_to(mailed, f"p{nth}@kandidaten.example")
        make_older(mailed, 60)
        fell = die_once(mailed, blade, nth, lambda: hour_later(mailed))
        names = {segment.name for segment in mailed.audience.segments.values()}
        titles = {campaign.title for campaign in mailed.host.campaigns.values()}
        assert names <= (titles if keeps else set())
        assert mailed.fetch_all(select(Mailing.segment_id)) == [None] * (nth + 1)
        if not fell:
            break
    assert 1 < nth < 39
