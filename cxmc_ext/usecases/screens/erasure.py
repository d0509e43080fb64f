"""The recent erasures on the page “Erase a person”; never who was erased."""

from dataclasses import dataclass

from cxmc_ext.db.queries import accounts, control_room
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationState
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services

_MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ErasureStatus:
    """One erasure. Neither `done` nor `active` means that it stopped, because of `problems`."""

    requested_at: int
    requested_by: str
    done: bool
    active: bool
    problems: tuple[Problem, ...]


def recent_erasures(services: Services) -> list[ErasureStatus]:
    """Returns the last 20 erasures, newest first."""
    session = services.session()
    account = accounts.get_or_create(session, services.account_ref)
    return [
        ErasureStatus(
            requested_at=row.created_at,
            requested_by=row.actor_name,
            done=row.state == OperationState.DONE,
            active=row.state in ACTIVE_STATES,
            problems=problems_from_json(row.problems),
        )
        for row in control_room.erasures(session, account.id, _MAX_SHOWN)
    ]
