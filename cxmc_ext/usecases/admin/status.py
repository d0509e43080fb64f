"""The module as an administrator sees it from the command line; changes nothing at MailChimp."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import status as status_queries
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.errors import MailChimpError, SetupError
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationState
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.worker import runner

_POLL_INTERVAL = 0.5


@dataclass(frozen=True, slots=True)
class ModuleStatus:
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
class OperationResult:
    """Where an operation stands; `over` = it will not move any more by itself."""

    state: str
    problems: tuple[Problem, ...]

    @property
    def is_over(self) -> bool:
        return self.state not in ACTIVE_STATES

    @property
    def succeeded(self) -> bool:
        return self.state == OperationState.DONE


def services_per_account(services: Services) -> list[Services]:
    """Services for each account there is; in a CRM without tenants for its one, made if need be."""
    if services.multi_account_host is None:
        return [services]
    return [services.for_account(ref) for ref in accounts.all_refs(services.session())]


def orphaned_accounts(services: Services) -> list[str]:
    """Refs of accounts that belong to tenants, though the CRM has none (any more)."""
    found = accounts.all_refs(services.session()) if services.multi_account_host is None else []
    return [ref for ref in found if ref != DEFAULT_ACCOUNT]


def snapshot(services: Services) -> ModuleStatus:
    session = services.session()
    account = accounts.get_or_transient(session, services.account_ref)
    return ModuleStatus(
        state=account.state,
        paused=account.sync_paused,
        account_name=account.remote_account_name,
        key=f"…{account.key_datacenter}, ends in {account.key_tail}" if account.sealed_key else "",
        key_refused=account.key_refused,
        audience=account.list_name,
        operations=status_queries.operations_by_state(session, account.id),
        mailings=status_queries.mailings_by_state(session, account.id),
        syncs_due=status_queries.count_syncs_due(session, account.id, services.clock()),
    )


def missing_tables(services: Services) -> list[str]:
    return status_queries.missing_tables(services.session())


def clock_skew(services: Services) -> int:
    """Seconds this machine's clock is ahead of the database's; negative when behind."""
    return round(services.clock() - status_queries.database_time(services.session()))


def sqlite_settings(services: Services) -> tuple[bool, bool] | None:
    """(write-ahead log, write lock from the start) of SQLite; None where that does not matter."""
    found = status_queries.sqlite_settings(services.session())
    services.session().rollback()
    return found


def stored_key_error(services: Services) -> str:
    """Why the stored key cannot be used as it is, "" when it can or there is none. No remote call."""
    account = accounts.get_or_transient(services.session(), services.account_ref)
    if not account.sealed_key:
        return ""
    try:
        api_keys.client_for(services, account)
    except (SetupError, MailChimpError) as error:
        return str(error)
    return ""


def run_to_completion(services: Services, operation_id: int, seconds: float) -> OperationResult:
    """Runs an operation here, beside any worker that may take it first, and tells how it ended."""
    end = time.monotonic() + seconds
    while True:
        runner.run(services, operation_id)
        session = services.session()
        state, stored = status_queries.state_and_problems(session, operation_id)
        session.rollback()
        found = OperationResult(state, problems_from_json(stored))
        if found.is_over or time.monotonic() > end:
            return found
        time.sleep(_POLL_INTERVAL)
