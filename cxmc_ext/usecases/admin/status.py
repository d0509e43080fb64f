"""The state of the module for the command line. Nothing here changes anything at MailChimp."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import control_room as control_room_queries
from cxmc_ext.db.queries import status as queries
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.errors import MailChimpError, SetupError
from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationState
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.webhook import WebhookState, webhook_state
from cxmc_ext.usecases.admin.control_room import crash_of
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.worker import runner

# Seconds between two looks at an operation that another worker has taken.
_POLL_INTERVAL = 0.5
_MAX_CRASHES = 20


@dataclass(frozen=True, slots=True)
class ModuleStatus:
    """What `flask cxmc status` shows of one account; with `--json` under these names."""

    state: str
    paused: bool
    sending_stopped_at: int | None
    """When all sending was stopped, in Unix seconds; null while it is allowed."""
    sending_stopped_by: str
    account_name: str
    key: str
    """Datacenter and last characters, or that it is a login; "" without a key."""
    key_refused: bool
    disabled_since: int | None
    """Since when MailChimp answers that the account is deactivated, in Unix seconds; null: it is not."""
    audience: str
    webhook: WebhookState
    webhook_problem: str
    """Why MailChimp could not register it, in its own words; "" if there is no problem."""
    operations: Mapping[str, int]
    """Number of operations by state."""
    mailings: Mapping[str, int]
    """Number of mailings by state."""
    syncs_due: int
    crashes: tuple[str, ...]
    """Errors in the CRM or in this module that stop an operation at the moment."""


@dataclass(frozen=True, slots=True)
class OperationResult:
    """The state of an operation, and its problems."""

    state: str
    problems: tuple[Problem, ...]

    @property
    def is_over(self) -> bool:
        """No worker will continue it."""
        return self.state not in ACTIVE_STATES

    @property
    def succeeded(self) -> bool:
        """It ended as it should."""
        return self.state == OperationState.DONE


def services_per_account(services: Services) -> list[Services]:
    """Services for every existing account; without a multi-account Host, for the only one."""
    if services.multi_account_host is None:
        return [services]
    return [services.for_account(ref) for ref in accounts.all_refs(services.session())]


def orphaned_accounts(services: Services) -> list[str]:
    """Refs of accounts that belong to tenants although the Host has none (anymore)."""
    if services.multi_account_host is not None:
        return []
    return [ref for ref in accounts.all_refs(services.session()) if ref != DEFAULT_ACCOUNT]


def snapshot(services: Services) -> ModuleStatus:
    """Reads the state of the account, which is not created if it does not exist yet."""
    session = services.session()
    account = accounts.get_or_transient(session, services.account_ref)
    return ModuleStatus(
        state=account.state,
        paused=account.sync_paused,
        sending_stopped_at=account.sending_stopped_at,
        sending_stopped_by=account.sending_stopped_by,
        account_name=account.remote_account_name,
        key=_key_of(account),
        key_refused=account.key_refused,
        disabled_since=account.disabled_at,
        audience=account.list_name,
        webhook=webhook_state(services.settings, account),
        webhook_problem=str((account.webhook_problem or {}).get("detail", "")),
        operations=queries.operations_by_state(session, account.id),
        mailings=queries.mailings_by_state(session, account.id),
        syncs_due=queries.count_syncs_due(session, account.id, services.clock()),
        crashes=tuple(
            message_for(problem).text
            for row in control_room_queries.waiting_operations(
                session, account.id, services.clock(), _MAX_CRASHES
            )
            if (problem := crash_of(row.problems))
        ),
    )


def sending_stop_text(module: ModuleStatus) -> str:
    """“sending is stopped since … by …”, with the time in UTC; "" while it is allowed."""
    if module.sending_stopped_at is None:
        return ""
    since = _utc(module.sending_stopped_at)
    return f"sending is stopped since {since} by {module.sending_stopped_by}"


def disabled_text(module: ModuleStatus) -> str:
    """“deactivated by MailChimp since …”, with the time in UTC; "" if it is not."""
    if module.disabled_since is None:
        return ""
    return f"deactivated by MailChimp since {_utc(module.disabled_since)}"


def clock_skew(services: Services) -> int:
    """Seconds by which this machine's clock is ahead of the database's; negative if it is behind."""
    return round(services.clock() - queries.database_time(services.session()))


def sqlite_settings(services: Services) -> tuple[bool, bool] | None:
    """Whether SQLite uses a write-ahead log, and BEGIN IMMEDIATE; None for other databases."""
    settings = queries.sqlite_settings(services.session())
    services.session().rollback()
    return settings


def stored_key_error(services: Services) -> str:
    """Why the stored key cannot be decrypted; "" if it can, or if there is none. Makes no call."""
    account = accounts.get_or_transient(services.session(), services.account_ref)
    if not account.sealed_key:
        return ""
    try:
        api_keys.client_for(services, account)
    except (SetupError, MailChimpError) as error:
        return str(error)
    return ""


def run_to_completion(services: Services, operation_id: int, seconds: float) -> OperationResult:
    """Runs an operation in this process, unless a worker takes it first, and waits for its end.

    Args:
        services: Those of the account.
        operation_id: The operation.
        seconds: How long to wait at most.

    Returns:
        How it ended; not over if the time was not enough.
    """
    deadline = time.monotonic() + seconds
    while True:
        runner.run(services, operation_id)
        session = services.session()
        state, problems = queries.state_and_problems(session, operation_id)
        session.rollback()
        result = OperationResult(state, problems_from_json(problems))
        if result.is_over or time.monotonic() > deadline:
            return result
        time.sleep(_POLL_INTERVAL)


def _key_of(account: Account) -> str:
    if not account.sealed_key:
        return ""
    if not account.key_tail:
        return f"login with MailChimp ({account.key_datacenter})"
    return f"…{account.key_datacenter}, ends in {account.key_tail}"


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
