"""The activation block: on or off, how far the bootstrap is, and who pressed when."""

from dataclasses import dataclass

from cxmc_ext.db.queries import tab as rows
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import ACTIVE_STATES
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services


@dataclass(frozen=True, slots=True)
class ActivationStatus:
    """`on` from the press; `active` when the tag and the groups are there."""

    enabled: bool = False
    active: bool = False
    changed_at: int | None = None
    changed_by: str = ""
    late: bool = False
    problems: tuple[Problem, ...] = ()
    """Why the bootstrap ended without them."""


def activation_status(services: Services) -> ActivationStatus:
    found = rows.account_rows(services.session(), services.account_ref)
    account, operation = found.account, found.operation
    if account is None:
        return ActivationStatus()
    busy = operation is not None and operation.state in ACTIVE_STATES
    starting = account.state == AccountState.ACTIVATING
    since = services.clock() - (account.state_changed_at or 0)
    ended = operation.problems if operation and starting and not busy else []
    return ActivationStatus(
        enabled=account.state != AccountState.INACTIVE,
        active=account.state == AccountState.ACTIVE,
        changed_at=account.state_changed_at,
        changed_by=account.state_changed_by,
        late=starting and since > services.settings.late_after,
        problems=problems_from_json(ended),
    )
