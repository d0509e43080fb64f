"""The activation block of the settings page: on or off, how far, and who pressed the button."""

from dataclasses import dataclass

from cxmc_ext.db.queries import tab as tab_queries
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import ACTIVE_STATES
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.groups import missing_opt_out_groups


@dataclass(frozen=True, slots=True)
class ActivationStatus:
    """`enabled` from the press on the button; `active` once the opt-out tag and groups exist."""

    enabled: bool = False
    active: bool = False
    changed_at: int | None = None
    changed_by: str = ""
    late: bool = False
    groups_missing: bool = False
    """The module is active, but an opt-out group is not there any more: nothing is sent."""
    problems: tuple[Problem, ...] = ()
    """Why the activation stopped before the tag and the groups existed."""


def activation_status(services: Services) -> ActivationStatus:
    """Read how far the activation of the account has come."""
    rows = tab_queries.account_rows(services.session(), services.account_ref)
    account, operation = rows.account, rows.operation
    if account is None:
        return ActivationStatus()
    is_starting = account.state == AccountState.ACTIVATING
    has_stopped = operation is not None and operation.state not in ACTIVE_STATES
    problems = operation.problems if operation and is_starting and has_stopped else []
    seconds = services.clock() - (account.state_changed_at or 0)
    return ActivationStatus(
        enabled=account.state != AccountState.INACTIVE,
        active=account.state == AccountState.ACTIVE,
        changed_at=account.state_changed_at,
        changed_by=account.state_changed_by,
        late=is_starting and seconds > services.settings.late_after,
        groups_missing=account.state == AccountState.ACTIVE
        and bool(missing_opt_out_groups(services.host)),
        problems=problems_from_json(problems),
    )
