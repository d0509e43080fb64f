"""Anna, who unsubscribed from a campaign that Bram got as well, and how she is invited back."""

import pytest

from cxmc_ext import PersonRef
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.invitations.requests import request_invitation
from tests.support.recruiter import Recruiter

ANNA, BRAM = "anna@kandidaten.example", "bram@kandidaten.example"


@pytest.fixture
def left(recruiter: Recruiter) -> list[PersonRef]:
    """Anna unsubscribed from a campaign that Bram got as well, and is in the opt-out group."""
    people = recruiter.add(ANNA, BRAM)
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.state.advance(60)
    leave_by_mail(recruiter, ANNA)
    assert recruiter.host.opt_outs == {people[0]}
    return people


def leave_by_mail(recruiter: Recruiter, address: str) -> None:
    """Somebody unsubscribes from the campaign, and that is read."""
    recruiter.standin.actions.unsubscribe(recruiter.mailing.remote_id, address)
    recruiter.read_audience()


def invite(recruiter: Recruiter, person: PersonRef) -> Operation:
    press = Press(recruiter.user, recruiter.next_nonce())
    operation_id = request_invitation(recruiter.services, press, person)
    recruiter.run_workers()
    return recruiter.operation(operation_id)


def codes(operation: Operation) -> list[str]:
    return [problem["code"] for problem in operation.problems]


def status(recruiter: Recruiter, address: str = ANNA) -> str:
    member = membership.find_member(recruiter.audience, address)
    return member.status if member else ""


def confirmation_mails(recruiter: Recruiter) -> list[str]:
    return [mail.address for mail in recruiter.standin.outbox.mails(kind="service")]


def let_ask(recruiter: Recruiter) -> None:
    """The account lets the API ask people who unsubscribed themselves."""
    recruiter.standin.state.switches.change({"resubscribe": "accepted"})
