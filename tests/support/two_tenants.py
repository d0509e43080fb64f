"""A CRM of two tenants, each connected to a MailChimp account of its own, and what they press."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, OTHER_KEY, StandinServer
from cxmc_ext.testing import ManualQueue, MemoryMultiAccountHost
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.worker import runner, tick

NORTH, SOUTH = "north", "south"
API_KEYS = {NORTH: DEMO_KEY, SOUTH: OTHER_KEY}
TEMPLATE_IDS = {NORTH: 10_001, SOUTH: 40_001}
SENDERS = {NORTH: "rosa@cedarstaffing.example", SOUTH: "info@anderbureau.example"}


@dataclass
class TwoTenants:
    services: Services
    multi_account_host: MemoryMultiAccountHost
    queue: ManualQueue
    standin: StandinServer
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def connect(self) -> "TwoTenants":
        for ref, key in API_KEYS.items():
            activation.request_activation(
                self.services_for(ref), Press(self.admin(ref), f"on-{ref}")
            )
            connection_requests.request_connection(
                self.services_for(ref), Press(self.admin(ref), f"key-{ref}"), key, None
            )
        self.queue.run_all()
        return self

    def services_for(self, ref: str) -> Services:
        return self.services.for_account(ref)

    def admin(self, ref: str) -> User:
        return self.multi_account_host.accounts[ref].users["admin"][0]

    def campaign(self, ref: str, *addresses: str) -> str:
        crm = self.multi_account_host.accounts[ref]
        made = crm.add_campaign(f"Campaign of {ref}")
        crm.add_to_campaign(made, *(crm.add_person(each) for each in addresses))
        return made

    def send(self, ref: str, campaign: str) -> int:
        order = SendOrder(
            subject="Nieuwe vacatures",
            from_name="Rosa",
            from_email=SENDERS[ref],
            template_id=TEMPLATE_IDS[ref],
            schedule_at=None,
        )
        nonce = f"press-{next(self.counter)}"
        return sending_requests.request_send(
            self.services_for(ref), Press(self.admin(ref), nonce, campaign), order
        )

    def run_workers(self, rounds: int = 10) -> None:
        """Workers and ticks; pauses of operations are over at once, those of accounts are not."""
        for _ in range(rounds):
            self.queue.run_all()
            session = self.services.session()
            session.rollback()
            session.execute(
                update(Operation).values(not_before=0.0, lease_until=0.0, nudged_at=0.0)
            )
            session.commit()
            if not tick.tick(self.services):
                return

    def account(self, ref: str) -> Any:
        return self._read(select(Account).where(Account.ref == ref)).one()

    def mailings(self, ref: str) -> list[Any]:
        mine = select(Mailing).join(Account, Account.id == Mailing.account_id)
        return list(self._read(mine.where(Account.ref == ref).order_by(Mailing.id)))

    def count_remote_calls(self, ref: str) -> int:
        mine = select(RemoteCall.id).join(Account, Account.id == RemoteCall.account_id)
        return len(list(self._read(mine.where(Account.ref == ref))))

    def _read(self, statement: Any) -> Any:
        session = self.services.session()
        session.rollback()
        session.expire_all()
        found = session.scalars(statement).all()
        for row in found:
            if not isinstance(row, int):
                session.refresh(row)
                session.expunge(row)
        session.rollback()
        return _Rows(found)


class _Rows(list[Any]):
    def one(self) -> Any:
        (only,) = self
        return only


def submit_sends(two_tenants: TwoTenants, ref: str, count: int = 1) -> list[int]:
    """Sends of as many campaigns; nobody is woken."""
    campaigns = [two_tenants.campaign(ref, f"p{n}@{ref}.example") for n in range(count)]
    pressed = [two_tenants.send(ref, campaign) for campaign in campaigns]
    two_tenants.queue.nudges.clear()
    return pressed


def operation_state(two_tenants: TwoTenants, operation: int) -> str:
    session = two_tenants.services.session()
    session.rollback()
    found = session.scalars(select(Operation.state).where(Operation.id == operation)).one()
    session.rollback()
    return found


def claim_operation(two_tenants: TwoTenants, operation: int) -> OperationContext:
    """Another worker is in the midst of it."""
    held = runner.claim(two_tenants.services, operation)
    assert held is not None
    return held
