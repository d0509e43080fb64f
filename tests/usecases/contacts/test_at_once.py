"""Two presses, ticks or workers at the same moment: what is asked for once happens once."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.usecases.contacts.requests import request_archiving
from cxmc_ext.usecases.screens.contacts import build_contacts
from cxmc_ext.usecases.worker import runner, tick
from tests.support.concurrency import at_once
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter
from tests.usecases.contacts.conftest import (
    ADA,
    BOB,
    CHANGES,
    COR,
    calls_of,
    choose,
    opt_out,
    statuses,
)

pytestmark = [on_both, pytest.mark.slow]


def work_at_once(app: Flask, recruiter: Recruiter) -> None:
    """Three workers begin with each operation that waits; what is left is done afterwards."""
    waiting = [row.id for row in recruiter.active_operations()]
    recruiter.queue.nudges.clear()
    at_once(app, *[partial(runner.run, recruiter.services, row) for row in waiting * 3])
    recruiter.run_workers()


def tick_at_once(app: Flask, recruiter: Recruiter) -> None:
    recruiter.session.rollback()
    at_once(app, *[partial(tick.tick, recruiter.services)] * 3)


def test_archiving_that_is_pressed_and_worked_on_at_once_happens_once(
    app: Flask, year_later: Recruiter, admin_user: User
) -> None:
    recruiter = year_later
    used, services = recruiter.account.contacts_used, recruiter.services
    presses = [partial(request_archiving, services, Press(admin_user, f"{n}")) for n in range(4)]
    assert len(set(at_once(app, *presses))) == 1
    work_at_once(app, recruiter)
    assert statuses(recruiter, ADA, BOB, COR) == ["archived"] * 3
    assert calls_of(recruiter, *CHANGES) == ["archive_member"] * 3
    screen = build_contacts(services)
    assert (screen.unused_count, screen.archived, screen.used) == (0, 3, used - 3)
    assert len(recruiter.fetch_all(select(Audit.id).where(Audit.action == "archiving"))) == 1


def test_who_is_mailed_and_archived_at_once_is_mailed_and_stays(
    app: Flask, year_later: Recruiter, admin_user: User
) -> None:
    recruiter = year_later
    request_archiving(recruiter.services, Press(admin_user, "archive"))
    recruiter.campaign = recruiter.host.add_campaign("At that moment")
    first = next(ref for ref, person in recruiter.host.persons.items() if person.address == ADA)
    recruiter.host.add_to_campaign(recruiter.campaign, first)
    recruiter.send()
    work_at_once(app, recruiter)
    assert recruiter.mailed_addresses.count(ADA) == 2
    assert statuses(recruiter, ADA, BOB, COR) == ["subscribed", "archived", "archived"]
    assert recruiter.standin.state.resubscribed == []


def test_opt_outs_that_several_ticks_find_are_forwarded_once(app: Flask, mailed: Recruiter) -> None:
    choose(mailed, "unsubscribe")
    refs = {opt_out(mailed, ADA), opt_out(mailed, BOB)}
    mailed.standin.state.advance(3600)
    tick_at_once(app, mailed)
    work_at_once(app, mailed)
    assert statuses(mailed, ADA, BOB, COR) == ["unsubscribed", "unsubscribed", "subscribed"]
    assert calls_of(mailed, *CHANGES) == ["unsubscribe_member"] * 2
    notes = mailed.fetch_all(select(Audit.subject).where(Audit.action == "opt_outs_forwarded"))
    assert notes == ["unsubscribe: 2"]
    assert mailed.host.opt_outs == refs


def test_a_tag_that_several_ticks_find_is_deleted_once(app: Flask, year_later: Recruiter) -> None:
    recruiter = year_later
    assert recruiter.audience.segments
    tick_at_once(app, recruiter)
    work_at_once(app, recruiter)
    assert not recruiter.audience.segments
    assert calls_of(recruiter, "delete_segment") == ["delete_segment"]
    assert recruiter.mailing.segment_id is None
