"""A CRM of two tenants, each connected to a MailChimp account of its own."""

import itertools
from dataclasses import dataclass, field

from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, OTHER_KEY, StandinServer
from cxmc_ext.testing import ManualQueue, MemoryMultiAccountHost
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.worker import runner, tick
from tests.support.environment import Environment
from tests.support.factories import send_order

NORTH, SOUTH = "north", "south"
API_KEYS = {NORTH: DEMO_KEY, SOUTH: OTHER_KEY}
TEMPLATE_IDS = {NORTH: 10_001, SOUTH: 40_001}
SENDERS = {NORTH: "rosa@cedarstaffing.example", SOUTH: "info@anderbureau.example"}


@dataclass
class TwoTenants(Environment):
    """Presses buttons as the administrator of either tenant; `ref` says which one is meant."""

    services: Services
    multi_account_host: MemoryMultiAccountHost
    queue: ManualQueue
    standin: StandinServer
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def connect(self) -> "TwoTenants":
        """Activates the module for both and connects each to its MailChimp account."""
        for ref, key in API_KEYS.items():
            services, admin = self.services_for(ref), self.admin(ref)
            activation.request_activation(services, Press(admin, f"on-{ref}"))
            connection_requests.request_connection(services, Press(admin, f"key-{ref}"), key, None)
        self.queue.run_all()
        return self

    def services_for(self, ref: str) -> Services:
        return self.services.for_account(ref)

    def admin(self, ref: str) -> User:
        return self.multi_account_host.accounts[ref].users["admin"][0]

    def campaign(self, ref: str, *addresses: str) -> str:
        """Adds a campaign with a person for each address; returns its reference."""
        host = self.multi_account_host.accounts[ref]
        campaign = host.add_campaign(f"Campaign of {ref}")
        host.add_to_campaign(campaign, *(host.add_person(address) for address in addresses))
        return campaign

    def send(self, ref: str, campaign: str) -> int:
        """Presses "Create and send"; returns the id of the operation."""
        order = send_order(from_email=SENDERS[ref], template_id=TEMPLATE_IDS[ref])
        press = Press(self.admin(ref), f"press-{next(self.counter)}", campaign)
        return sending_requests.request_send(self.services_for(ref), press, order)

    def run_workers(self, rounds: int = 10) -> None:
        """Runs workers and ticks until a tick finds nothing due. Throttled accounts keep waiting."""
        for _ in range(rounds):
            self.queue.run_all()
            self.skip_pauses()
            if not tick.tick(self.services):
                return

    def skip_pauses(self) -> None:
        """Ends pauses and leases of operations; what an account waits for is part of the tests."""
        session = self.session
        session.execute(update(Operation).values(not_before=0.0, lease_until=0.0, nudged_at=0.0))
        session.commit()

    def account_of(self, ref: str) -> Account:
        return self.fetch_one(select(Account).where(Account.ref == ref))

    def mailings(self, ref: str) -> list[Mailing]:
        """Oldest first."""
        of_tenant = select(Mailing).join(Account, Account.id == Mailing.account_id)
        return self.fetch_all(of_tenant.where(Account.ref == ref).order_by(Mailing.id))

    def count_remote_calls(self, ref: str) -> int:
        of_tenant = select(RemoteCall.id).join(Account, Account.id == RemoteCall.account_id)
        return len(self.fetch_all(of_tenant.where(Account.ref == ref)))


def submit_sends(two_tenants: TwoTenants, ref: str, count: int = 1) -> list[int]:
    """Sends `count` new campaigns, without waking a worker; returns the ids of the operations."""
    campaigns = [two_tenants.campaign(ref, f"p{n}@{ref}.example") for n in range(count)]
    operation_ids = [two_tenants.send(ref, campaign) for campaign in campaigns]
    two_tenants.queue.nudges.clear()
    return operation_ids


def operation_state(two_tenants: TwoTenants, operation_id: int) -> str:
    return two_tenants.operation(operation_id).state


def claim_operation(two_tenants: TwoTenants, operation_id: int) -> OperationContext:
    """Claims the operation as another worker would."""
    context = runner.claim(two_tenants.services, operation_id)
    assert context is not None
    return context


def add_due_mailings(two_tenants: TwoTenants, ref: str, count: int) -> list[int]:
    """Adds sent mailings that are due for a sync; needs no network."""
    session = two_tenants.services.session()
    account, now = two_tenants.account_of(ref), two_tenants.services.clock()
    ids = []
    for number in range(count):
        mailing = Mailing(
            account_id=account.id,
            campaign_ref=f"due-{number}",
            state="sent",
            remote_id=f"{ref}{number}",
            remote_status="sent",
            remote_created_at=now - 600,
            sent_at=now - 600,
            next_sync_at=now - count + number,
        )
        session.add(mailing)
        session.flush()
        ids.append(mailing.id)
    session.commit()
    return ids
