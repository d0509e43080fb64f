"""Decides which account may take a worker, so that one account's load does not block the others.

The rule: an account that has a worker already never takes the last free one. However slow or throttled an
account is, or how many campaigns it has to read, the next account that needs a worker finds one. With a
single account there is no rule.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import worker_allocation as queries
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import heartbeats


def acquire_worker(services: Services, account_id: int) -> bool:
    """Decides whether an account may take a worker now.

    Accounts are asked one at a time, under a lock, so that two of them cannot both take the last worker.
    The caller commits, together with the lease it takes the worker for.
    """
    session = services.session()
    if not queries.has_several_accounts(session):
        return True
    queries.lock_allocation(session, account_id)
    return _may_take(services, queries.workers_busy(session), account_id)


def saturated_accounts(services: Services) -> frozenset[int]:
    """Returns the accounts that have workers and may not take a further one."""
    session = services.session()
    if not queries.has_several_accounts(session):
        return frozenset()
    busy = queries.workers_busy(session)
    return frozenset(account for account in busy if not _may_take(services, busy, account))


def next_operation(services: Services) -> int | None:
    """Returns the waiting operation that should run next. Leaves no transaction open.

    Returns:
        The oldest waiting operation of the account with the fewest workers, among those that may take
        one. None if nothing waits, and always with a single account: the queue's order is enough then.
    """
    session = services.session()
    operation_id = _next_operation(services, session)
    session.rollback()
    return operation_id


def oldest_operation(services: Services) -> int | None:
    """The same also for a single account, for a worker that works without the queue."""
    session = services.session()
    next_id = _fairest_operation(services, session)
    session.rollback()
    return next_id


def is_worker_needed(services: Services) -> bool:
    """Whether a worker should not wait, because an operation waits that it could carry out.

    With a single account that holds only if no other worker is free.
    """
    session = services.session()
    are_several = queries.has_several_accounts(session)
    does_one_wait = _fairest_operation(services, session) is not None
    session.rollback()
    if are_several or not does_one_wait:
        return does_one_wait
    idle = idle_workers(services)  # the one that asks is idle, too
    return idle is None or idle <= 1


def idle_workers(services: Services) -> int | None:
    """Returns how many workers have no work; None if none is known. Leaves no transaction open."""
    session = services.session()
    live = queries.count_live_workers(session, services.clock() - heartbeats.max_age(services))
    idle = max(0, live - sum(queries.workers_busy(session).values())) if live else None
    session.rollback()
    return idle


def _next_operation(services: Services, session: Session) -> int | None:
    return _fairest_operation(services, session) if queries.has_several_accounts(session) else None


def _fairest_operation(services: Services, session: Session) -> int | None:
    oldest = queries.oldest_waiting(session, services.clock())
    busy = queries.workers_busy(session) if oldest else {}
    candidates = [
        (busy.get(account, 0), operation_id)
        for account, operation_id in oldest.items()
        if _may_take(services, busy, account)
    ]
    return min(candidates)[1] if candidates else None


def _may_take(services: Services, busy: Mapping[int, int], account_id: int) -> bool:
    if not busy.get(account_id):
        return True
    since = services.clock() - heartbeats.max_age(services)
    return queries.count_live_workers(services.session(), since) - sum(busy.values()) > 1
