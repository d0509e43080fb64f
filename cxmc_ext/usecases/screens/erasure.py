"""What the page “Erase a person” shows of the erasures that were asked for; never of whom."""

from dataclasses import dataclass

from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import control_room as rows
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationState
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services

_MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ErasureStatus:
    """One of the last ones; neither `done` nor `active`: it stopped, `whys` say why."""

    requested_at: int
    requested_by: str
    done: bool
    active: bool
    problems: tuple[Problem, ...]


def recent_erasures(services: Services) -> list[ErasureStatus]:
    session = services.session()
    found = rows.erasures(
        session, accounts.get_or_create(session, services.account_ref).id, _MAX_SHOWN
    )
    return [
        ErasureStatus(
            requested_at=row.created_at,
            requested_by=row.actor_name,
            done=row.state == OperationState.DONE,
            active=row.state in ACTIVE_STATES,
            problems=problems_from_json(row.problems),
        )
        for row in found
    ]
