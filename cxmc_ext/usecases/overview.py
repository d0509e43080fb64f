"""The module as an administrator sees it from the command line; changes nothing at MailChimp."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from cxmc_ext.db.queries import accounts, overview
from cxmc_ext.domain.errors import MailChimpError, SetupError
from cxmc_ext.domain.values import ACTIVE_STATES, DEFAULT_ACCOUNT, OperationState, Why, whys_of
from cxmc_ext.services import Services
from cxmc_ext.usecases import keyring, operations

_GLANCE = 0.5


@dataclass(frozen=True, slots=True)
class Overview:
    """`key` as on the settings page: datacenter and last characters, "" without a key."""

    state: str
    paused: bool
    account_name: str
    key: str
    key_refused: bool
    audience: str
    operations: Mapping[str, int]
    mailings: Mapping[str, int]
    syncs_due: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an operation stands; `over` = it will not move any more by itself."""

    state: str
    whys: tuple[Why, ...]

    @property
    def over(self) -> bool:
        return self.state not in ACTIVE_STATES

    @property
    def done(self) -> bool:
        return self.state == OperationState.DONE


def accounts_of(services: Services) -> list[Services]:
    """Services for each account there is; in a CRM without tenants for its one, made if need be."""
    if services.tenants is None:
        return [services]
    return [services.of(ref) for ref in accounts.refs(services.session())]


def strays(services: Services) -> list[str]:
    """Refs of accounts that belong to tenants, though the CRM has none (any more)."""
    found = accounts.refs(services.session()) if services.tenants is None else []
    return [ref for ref in found if ref != DEFAULT_ACCOUNT]


def glance(services: Services) -> Overview:
    session = services.session()
    account = accounts.peek(session, services.account_ref)
    return Overview(
        state=account.state,
        paused=account.paused,
        account_name=account.remote_name,
        key=f"…{account.key_dc}, ends in {account.key_tail}" if account.key_sealed else "",
        key_refused=account.key_refused,
        audience=account.list_name,
        operations=overview.operations_by_state(session, account.id),
        mailings=overview.mailings_by_state(session, account.id),
        syncs_due=overview.syncs_due(session, account.id, services.clock()),
    )


def missing_tables(services: Services) -> list[str]:
    return overview.missing_tables(services.session())


def clock_skew(services: Services) -> int:
    """Seconds this machine's clock is ahead of the database's; negative when behind."""
    return round(services.clock() - overview.now(services.session()))


def sqlite_habits(services: Services) -> tuple[bool, bool] | None:
    """(write-ahead log, write lock from the start) of SQLite; None where that does not matter."""
    found = overview.sqlite_habits(services.session())
    services.session().rollback()
    return found


def key_trouble(services: Services) -> str:
    """Why the stored key cannot be used as it is, "" when it can or there is none. No remote call."""
    account = accounts.peek(services.session(), services.account_ref)
    if not account.key_sealed:
        return ""
    try:
        keyring.client_of(services, account)
    except (SetupError, MailChimpError) as error:
        return str(error)
    return ""


def carry_out(services: Services, operation_id: int, seconds: float) -> Outcome:
    """Runs an operation here, beside any worker that may take it first, and tells how it ended."""
    end = time.monotonic() + seconds
    while True:
        operations.run(services, operation_id)
        session = services.session()
        state, stored = overview.outcome(session, operation_id)
        session.rollback()
        found = Outcome(state, whys_of(stored))
        if found.over or time.monotonic() > end:
            return found
        time.sleep(_GLANCE)
