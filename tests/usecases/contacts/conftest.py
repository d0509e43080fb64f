"""A recruiter whose campaign was sent long ago, and what MailChimp knows of its people."""

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonRef, User
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.usecases.contacts.requests import request_archiving
from cxmc_ext.usecases.worker import tick
from tests.support.recruiter import Recruiter

ADA, BOB, COR = (f"{name}@kandidaten.example" for name in ("ada", "bob", "cor"))
CHANGES = ("archive_member", "unsubscribe_member", "restore_member")
LONG_AGO = 400 * 86_400


def send_to(recruiter: Recruiter, *addresses: str) -> None:
    recruiter.campaign = recruiter.host.add_campaign(f"Round {next(recruiter.counter)}")
    recruiter.add(*addresses)
    recruiter.send()
    recruiter.run_workers()


def statuses(recruiter: Recruiter, *addresses: str) -> list[str]:
    """At MailChimp."""
    members = recruiter.audience.members
    return [members[subscriber_hash(address)].status for address in addresses]


def calls_of(recruiter: Recruiter, *names: str) -> list[str]:
    return [name for name in recruiter.remote_calls() if name in names]


def archive(recruiter: Recruiter, admin: User) -> int:
    press = Press(admin, recruiter.next_nonce())
    operation_id = request_archiving(recruiter.services, press)
    recruiter.run_workers()
    return operation_id


def make_older(recruiter: Recruiter, seconds: int = LONG_AGO) -> None:
    """All mailings were sent so long ago, and are not read any more."""
    at, session = recruiter.services.clock() - seconds, recruiter.session
    session.execute(update(Mailing).values(state="sent", sent_at=at, next_sync_at=None))
    session.commit()


@pytest.fixture
def year_later(recruiter: Recruiter) -> Recruiter:
    """Three people were mailed more than a year ago."""
    send_to(recruiter, ADA, BOB, COR)
    make_older(recruiter)
    return recruiter


@pytest.fixture
def mailed(recruiter: Recruiter) -> Recruiter:
    send_to(recruiter, ADA, BOB, COR)
    return recruiter


def choose(recruiter: Recruiter, choice: str) -> None:
    session = recruiter.session
    session.execute(update(Account).values(opt_out_forwarding=choice))
    session.commit()


def opt_out(recruiter: Recruiter, address: str) -> PersonRef:
    ref = next(ref for ref, person in recruiter.host.persons.items() if person.address == address)
    recruiter.opt_out(ref)
    return ref


def hour_later(recruiter: Recruiter) -> None:
    """The next tick that looks for opt-outs, and its worker."""
    recruiter.standin.state.advance(3600)
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    operations = [nudge for nudge in recruiter.queue.nudges if nudge[0] == "operation"]
    recruiter.queue.nudges = type(recruiter.queue.nudges)(operations)
    recruiter.run_workers()
