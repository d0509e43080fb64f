"""A recruiter with one campaign: its people, the buttons of its tab, and what became of them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef, User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.sending import removal_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import runner
from tests.support.environment import Environment, problem_codes
from tests.support.factories import send_order

Callback = Callable[[], Any]


@dataclass
class Recruiter(Environment):
    """Presses the buttons of `campaign`; assign another reference to work on another campaign."""

    services: Services
    host: MemoryHost
    queue: ManualQueue
    standin: StandinServer
    user: User
    campaign: str
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    # In the CRM.

    def add(self, *addresses: str, **person: str | bool) -> list[PersonRef]:
        """Adds a new person with each address to the campaign."""
        refs = [self.host.add_person(address, **person) for address in addresses]
        self.host.add_to_campaign(self.campaign, *refs)
        return refs

    def opt_out(self, *refs: PersonRef) -> None:
        self.host.opt_out(OPT_OUT_TAG, refs, "by a test")

    # Buttons. Each returns the id of its operation.

    def send(self, **changes: object) -> int:
        return sending_requests.request_send(self.services, self.press(), send_order(**changes))

    def check(self) -> int:
        return sending_requests.request_check(self.services, self.press())

    def retry(self) -> int:
        return sending_requests.request_retry(self.services, self.press())

    def delete(self) -> int:
        return removal_requests.request_delete(self.services, self.press())

    def unschedule(self) -> int:
        return removal_requests.request_unschedule(self.services, self.press())

    def press(self) -> Press:
        """One press of a button in a form that was not sent yet."""
        return Press(self.user, self.next_nonce(), self.campaign)

    def next_nonce(self) -> str:
        return f"form-{next(self.counter)}"

    def run_once(self, operation_id: int) -> None:
        """One worker claims the operation once."""
        runner.run(self.services, operation_id)

    def read_audience(self) -> None:
        """A sync turn that somebody asked for, of the campaign."""
        self.standin.state.advance(5)
        session = self.session
        session.execute(update(Account).values(change_checked_at=0))
        session.commit()
        sync_turn.run(self.services, self.mailing.id, requested=True)

    # What became of it.

    @property
    def mailing(self) -> Mailing:
        return self.fetch_one(select(Mailing).where(Mailing.campaign_ref == self.campaign))

    def problem_codes(self) -> list[str]:
        return problem_codes(self.mailing)

    def exclusion_reasons(self) -> dict[str, str | None]:
        """Address as stored to the reason why it is left out."""
        rows = self.session.execute(select(Recipient.address, Recipient.reason)).all()
        self.session.rollback()
        return dict(rows)  # type: ignore[arg-type]

    def remote_calls(self) -> list[str]:
        """Names of all calls to MailChimp so far."""
        return self.fetch_all(select(RemoteCall.method).order_by(RemoteCall.id))

    @property
    def mailed_addresses(self) -> list[str]:
        return sorted(self.standin.outbox.addresses())


@dataclass(frozen=True)
class ExpectedOutcome:
    """A campaign of which only one outcome is right, whatever goes wrong on the way."""

    recruiter: Recruiter
    campaign: str
    expected: list[str]
    excluded: list[str]

    def check(self, *, final: bool = True) -> None:
        """Nobody got two mails or a mail they must not get; with `final` everybody got theirs."""
        mailing = self.recruiter.mailing
        addresses = {*self.expected, *self.excluded}
        mails = [mail for mail in self.recruiter.mailed_addresses if mail in addresses]
        sent = {
            mail.campaign for mail in self.recruiter.standin.outbox if mail.address in self.expected
        }
        assert len(mails) == len(set(mails)), f"somebody was mailed twice: {mails}"
        assert set(mails) <= set(self.expected), f"an excluded address was mailed: {mails}"
        assert len(sent) <= 1, f"two MailChimp campaigns were sent: {sent}"
        if final:
            assert mails == self.expected, (mailing.state, mailing.problems)
            assert mailing.state in ("sending", "sent"), (mailing.state, mailing.problems)
            assert sent == {mailing.remote_id}


def new_campaign_case(recruiter: Recruiter) -> ExpectedOutcome:
    """A new campaign: two people to mail, and one for each reason not to."""
    recruiter.campaign = recruiter.host.add_campaign(f"Round {next(recruiter.counter)}")
    suffix = recruiter.campaign
    expected = [f"a{suffix}@kandidaten.example", f"b{suffix}@kandidaten.example"]
    excluded = [f"left{suffix}@kandidaten.example"]
    recruiter.add(*expected)
    recruiter.add(f" A{suffix}@Kandidaten.example", "", "geen adres")
    recruiter.opt_out(*recruiter.add(*excluded))
    return ExpectedOutcome(recruiter, recruiter.campaign, expected, excluded)
