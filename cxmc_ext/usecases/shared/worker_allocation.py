"""Which account may take a worker: one tenant's trouble must not become another's.

The rule: an account that holds a worker already never takes the last free one. So whoever is slow,
throttled or has a thousand campaigns to read, the next account that wants something finds a worker.
With one account in use there is no rule.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import worker_allocation as rows
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import heartbeats


def acquire_worker(services: Services, account_id: int) -> bool:
    """Whether the account may take a worker; one at a time, so that no two take the last at once.

    The caller commits, together with what it takes the worker for.
    """
    session = services.session()
    if not rows.has_several_accounts(session):
        return True
    rows.lock_allocation(session, account_id)
    return _may_take(services, rows.workers_busy(session), account_id)


def saturated_accounts(services: Services) -> frozenset[int]:
    """The accounts that hold workers and may take no further one."""
    session = services.session()
    if not rows.has_several_accounts(session):
        return frozenset()
    held = rows.workers_busy(session)
    return frozenset(account for account in held if not _may_take(services, held, account))


def next_operation(services: Services) -> int | None:
    """The operation that comes next: of the accounts that wait and may, the one that holds least.

    None where nothing waits, and always with one account in use: the queue's own order does then.
    Leaves no transaction open.
    """
    session = services.session()
    found = _next_operation(services, session)
    session.rollback()
    return found


def _next_operation(services: Services, session: Session) -> int | None:
    if not rows.has_several_accounts(session):
        return None
    oldest = rows.oldest_waiting(session, services.clock())
    held = rows.workers_busy(session) if oldest else {}
    may = [(held.get(one, 0), row) for one, row in oldest.items() if _may_take(services, held, one)]
    return min(may)[1] if may else None


def _may_take(services: Services, held: Mapping[int, int], account_id: int) -> bool:
    if not held.get(account_id):
        return True
    since = services.clock() - heartbeats.MAX_AGE["worker"]
    return rows.count_live_workers(services.session(), since) - sum(held.values()) > 1
