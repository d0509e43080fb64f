"""Two people press “Invite back”, or several workers read the answer, at the same moment."""

from dataclasses import replace
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update

from cxmc_ext import PersonRef
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.invitations.requests import request_invitation
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import runner
from tests.support.concurrency import at_once
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter
from tests.usecases.invitations.conftest import ANNA, confirmation_mails, let_ask, status

pytestmark = [on_both, pytest.mark.slow]


def request_at_once(app: Flask, recruiter: Recruiter, person: PersonRef) -> int:
    """Four forms of two users; returns the id of the one operation."""
    users = (recruiter.user, replace(recruiter.user, id="admin", name="Ada Admin"))
    acts = [
        partial(request_invitation, recruiter.services, Press(user, f"{user.id}-{n}"), person)
        for user in users
        for n in range(2)
    ]
    recruiter.session.rollback()
    (operation_id,) = set(at_once(app, *acts))
    assert isinstance(operation_id, int)
    return operation_id


def test_somebody_whom_two_people_invite_is_asked_once_and_comes_back_once(
    app: Flask, recruiter: Recruiter, left: list[PersonRef]
) -> None:
    anna, _ = left
    let_ask(recruiter)
    operation_id = request_at_once(app, recruiter, anna)
    recruiter.queue.nudges.clear()
    recruiter.session.rollback()
    at_once(app, *[partial(runner.run, recruiter.services, operation_id)] * 3)
    recruiter.run_workers()
    assert recruiter.operation(operation_id).state == "done"
    assert (status(recruiter), confirmation_mails(recruiter)) == ("pending", [ANNA])
    assert recruiter.remote_calls().count("invite_member") == 1
    recruiter.standin.actions.confirm(recruiter.audience.id, ANNA)
    _read_and_press_at_once(app, recruiter, anna)
    recruiter.read_audience()
    assert not recruiter.host.opt_outs
    assert recruiter.fetch_all(select(Audit.action).where(Audit.action == "opt_in")) == ["opt_in"]
    assert len(recruiter.fetch_all(select(Notice.id).where(Notice.kind == "opted_in"))) == 1
    assert confirmation_mails(recruiter) == [ANNA]
    assert recruiter.standin.state.resubscribed == []


def _read_and_press_at_once(app: Flask, recruiter: Recruiter, person: PersonRef) -> None:
    """Imports of the audience, while somebody presses again: each of them finds the answer."""
    services, mailing_id = recruiter.services, recruiter.mailing.id
    pressed = request_invitation(services, recruiter.press(), person)
    recruiter.queue.nudges.clear()
    recruiter.standin.state.advance(5)
    session = recruiter.session
    session.execute(update(Account).values(change_checked_at=0))
    session.commit()
    reading = partial(sync_turn.run, services, mailing_id, requested=True)
    at_once(app, *[reading] * 3, partial(runner.run, services, pressed))
    recruiter.run_workers()
