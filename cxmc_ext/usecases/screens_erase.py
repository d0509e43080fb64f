"""What the page “Erase a person” shows of the erasures that were asked for; never of whom."""

from dataclasses import dataclass

from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import control as rows
from cxmc_ext.domain.values import ACTIVE_STATES, OperationState, Why, whys_of
from cxmc_ext.services import Services

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Erasure:
    """One of the last ones; neither `done` nor `active`: it stopped, `whys` say why."""

    at: int
    by: str
    done: bool
    active: bool
    whys: tuple[Why, ...]


def erasures(services: Services) -> list[Erasure]:
    session = services.session()
    found = rows.erasures(session, accounts.of_ref(session, services.account_ref).id, _SHOWN)
    return [
        Erasure(
            at=row.created_at,
            by=row.actor_name,
            done=row.state == OperationState.DONE,
            active=row.state in ACTIVE_STATES,
            whys=whys_of(row.why),
        )
        for row in found
    ]
