"""The recruiter's desk: a connected app, people, one campaign, and the buttons of the tab."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.queries import mailings
from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef, User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.sending import removal_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.worker import runner, tick

Callback = Callable[[], Any]

SUPPORT_TEMPLATE_ID = 10_001
SENDER = "rosa@cedarstaffing.example"


@dataclass
class Recruiter:
    services: Services
    host: MemoryHost
    queue: ManualQueue
    standin: StandinServer
    user: User
    campaign: str
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    # What a test arranges.

    def add(self, *addresses: str, **more: str | bool) -> list[PersonRef]:
        refs = [self.host.add_person(address, **more) for address in addresses]
        self.host.add_to_campaign(self.campaign, *refs)
        return refs

    def opt_out(self, *refs: PersonRef) -> None:
        self.host.opt_out(OPT_OUT_TAG, refs, "by a test")

    # The buttons.

    def send(self, **changes: object) -> int:
        return sending_requests.request_send(
            self.services,
            Press(self.user, self.next_nonce(), self.campaign),
            self.send_order(**changes),
        )

    def check(self) -> int:
        return sending_requests.request_check(
            self.services, Press(self.user, self.next_nonce(), self.campaign)
        )

    def retry(self) -> int:
        return sending_requests.request_retry(
            self.services, Press(self.user, self.next_nonce(), self.campaign)
        )

    def delete(self) -> int:
        return removal_requests.request_delete(
            self.services, Press(self.user, self.next_nonce(), self.campaign)
        )

    def unschedule(self) -> int:
        return removal_requests.request_unschedule(
            self.services, Press(self.user, self.next_nonce(), self.campaign)
        )

    def next_nonce(self) -> str:
        return f"desk-{next(self.counter)}"

    def send_order(self, **changes: object) -> SendOrder:
        values = {
            "subject": "Nieuwe vacatures",
            "from_name": "Rosa",
            "from_email": SENDER,
            "template_id": SUPPORT_TEMPLATE_ID,
            "schedule_at": None,
        } | changes
        return SendOrder(**values)  # type: ignore[arg-type]

    # Time and workers.

    def run_workers(self, rounds: int = 40) -> None:
        """Workers and ticks go on until nothing is left to do; pauses are over at once."""
        for _ in range(rounds):
            self.session.rollback()
            self.queue.run_all()
            if not self._waiting():
                return
            self.skip_pauses()
            tick.tick(self.services)
        raise AssertionError("it never ends")

    def skip_pauses(self) -> None:
        """The database's clock jumps: pauses and leases are over, MailChimp's throttle too."""
        session = self.session
        session.execute(update(Operation).values(not_before=0.0, lease_until=0.0, nudged_at=0.0))
        session.execute(update(Account).values(back_off_until=0))
        session.commit()

    def run_once(self, operation_id: int) -> None:
        """One worker, one claim."""
        runner.run(self.services, operation_id)

    # What a test looks at. Each look ends its transaction: SQLite has one writer.

    @property
    def session(self) -> Session:
        session = self.services.session()
        session.rollback()
        return session

    @property
    def mailing(self) -> Mailing:
        session = self.session
        account = session.execute(select(Account)).scalar_one()
        found = mailings.get_by_campaign(session, account.id, self.campaign)
        assert found is not None
        session.refresh(found)
        session.expunge(found)
        session.rollback()
        return found

    def operation(self, operation_id: int) -> Operation:
        session = self.session
        found = session.get_one(Operation, operation_id, populate_existing=True)
        session.expunge(found)
        session.rollback()
        return found

    def account(self) -> Account:
        session = self.session
        found = session.execute(
            select(Account).execution_options(populate_existing=True)
        ).scalar_one()
        session.expunge(found)
        session.rollback()
        return found

    def exclusion_reasons(self) -> dict[str, str | None]:
        """Address as stored to the reason it is left out."""
        rows = self.session.execute(select(Recipient.address, Recipient.reason)).all()
        self.session.rollback()
        return dict(rows)  # type: ignore[arg-type]

    def remote_calls(self) -> list[str]:
        rows = (
            self.session.execute(select(RemoteCall.method).order_by(RemoteCall.id)).scalars().all()
        )
        self.session.rollback()
        return list(rows)

    @property
    def mailed_addresses(self) -> list[str]:
        return sorted(self.standin.outbox.addresses())

    def problem_codes(self) -> list[str]:
        return [why["code"] for why in self.mailing.problems]

    def _waiting(self) -> bool:
        states = ("queued", "running", "waiting")
        found = self.session.execute(select(Operation.id).where(Operation.state.in_(states)))
        waiting = found.first() is not None
        self.session.rollback()
        return waiting


@dataclass(frozen=True)
class ExpectedOutcome:
    """One campaign whose only right outcome is known: for tests that go through many faults."""

    recruiter: Recruiter
    campaign: str
    expected: list[str]
    excluded: list[str]

    def check(self, *, final: bool = True) -> None:
        """At most one mail each, none to who opted out or is no recipient; all of them if `final`."""
        mailing = self.recruiter.mailing
        mails = [
            mail
            for mail in self.recruiter.mailed_addresses
            if mail in {*self.expected, *self.excluded}
        ]
        sent = {
            mail.campaign for mail in self.recruiter.standin.outbox if mail.address in self.expected
        }
        assert len(mails) == len(set(mails)), f"somebody was mailed twice: {mails}"
        assert set(mails) <= set(self.expected), f"a stranger or an opted-out was mailed: {mails}"
        assert len(sent) <= 1, f"two MailChimp campaigns were sent: {sent}"
        if final:
            assert mails == self.expected, (mailing.state, mailing.problems)
            assert mailing.state in ("sending", "sent"), (mailing.state, mailing.problems)
            assert sent == {mailing.remote_id}


def new_campaign_case(recruiter: Recruiter) -> ExpectedOutcome:
    """Two who get a mail, and one of each who does not."""
    recruiter.campaign = recruiter.host.add_campaign(f"Round {next(recruiter.counter)}")
    mark = recruiter.campaign
    wanted = [f"a{mark}@kandidaten.example", f"b{mark}@kandidaten.example"]
    recruiter.add(*wanted)
    recruiter.add(f" A{mark}@Kandidaten.example", "", "geen adres")
    (left,) = recruiter.add(f"left{mark}@kandidaten.example")
    recruiter.opt_out(left)
    return ExpectedOutcome(
        recruiter, recruiter.campaign, wanted, [f"left{mark}@kandidaten.example"]
    )
