"""The activation block: on or off, how far the bootstrap is, and who pressed when."""

from dataclasses import dataclass

from cxmc_ext.db.queries import screens as rows
from cxmc_ext.domain.values import ACTIVE_STATES, AccountState, Why, whys_of
from cxmc_ext.services import Services


@dataclass(frozen=True, slots=True)
class Activation:
    """`on` from the press; `active` when the tag and the groups are there."""

    on: bool = False
    active: bool = False
    at: int | None = None
    by: str = ""
    late: bool = False
    whys: tuple[Why, ...] = ()
    """Why the bootstrap ended without them."""


def activation(services: Services) -> Activation:
    found = rows.account_look(services.session(), services.account_ref)
    account, operation = found.account, found.operation
    if account is None:
        return Activation()
    busy = operation is not None and operation.state in ACTIVE_STATES
    starting = account.state == AccountState.ACTIVATING
    since = services.clock() - (account.state_at or 0)
    ended = operation.why if operation and starting and not busy else []
    return Activation(
        on=account.state != AccountState.INACTIVE,
        active=account.state == AccountState.ACTIVE,
        at=account.state_at,
        by=account.state_by,
        late=starting and since > services.settings.late_after,
        whys=whys_of(ended),
    )
