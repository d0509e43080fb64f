"""Which account may take a worker: one tenant's trouble must not become another's.

The rule: an account that holds a worker already never takes the last free one. So whoever is slow,
throttled or has a thousand campaigns to read, the next account that wants something finds a worker.
With one account in use there is no rule.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import fairness as rows
from cxmc_ext.services import Services
from cxmc_ext.usecases import ticks


def take(services: Services, account_id: int) -> bool:
    """Whether the account may take a worker; one at a time, so that no two take the last at once.

    The caller commits, together with what it takes the worker for.
    """
    session = services.session()
    if not rows.several(session):
        return True
    rows.queue_up(session, account_id)
    return _may(services, rows.held(session), account_id)


def crowded(services: Services) -> frozenset[int]:
    """The accounts that hold workers and may take no further one."""
    session = services.session()
    if not rows.several(session):
        return frozenset()
    held = rows.held(session)
    return frozenset(account for account in held if not _may(services, held, account))


def waiting(services: Services) -> int | None:
    """The operation that comes next: of the accounts that wait and may, the one that holds least.

    None where nothing waits, and always with one account in use: the queue's own order does then.
    Leaves no transaction open.
    """
    session = services.session()
    found = _waiting(services, session)
    session.rollback()
    return found


def _waiting(services: Services, session: Session) -> int | None:
    if not rows.several(session):
        return None
    oldest = rows.waiting(session, services.clock())
    held = rows.held(session) if oldest else {}
    may = [(held.get(one, 0), row) for one, row in oldest.items() if _may(services, held, one)]
    return min(may)[1] if may else None


def _may(services: Services, held: Mapping[int, int], account_id: int) -> bool:
    if not held.get(account_id):
        return True
    since = services.clock() - ticks.ALIVE["worker"]
    return rows.workers(services.session(), since) - sum(held.values()) > 1
