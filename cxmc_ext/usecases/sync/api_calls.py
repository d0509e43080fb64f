"""Remote calls of one turn: several at once but in order, each of them in the audit."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from cxmc_ext.db.queries import bulk, sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.errors import MailChimpError
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import api_keys

T = TypeVar("T")

_BEAT = 10.0
"""Seconds after which a lease is extended while a call is waited for."""


def timed_call(
    services: Services, name: str, call: Callable[[], T], record: Callable[[dict[str, Any]], object]
) -> T:
    """One call; `note` is given its row of the audit, however it ended."""
    started = time.monotonic()
    outcome, status = "ok", 0
    try:
        return call()
    except MailChimpError as error:
        outcome, status = error.outcome, error.status
        raise
    finally:
        ms = int((time.monotonic() - started) * 1000)
        at = services.clock()
        record({"method": name, "outcome": outcome, "status": status, "duration_ms": ms, "at": at})


class TurnCalls:
    """One turn's way to MailChimp. Threads make the calls and nothing else."""

    def __init__(self, services: Services, turn: SyncTurn) -> None:
        self.api: MailChimp = api_keys.client_with_key(services, turn.account_id, turn.sealed_key)
        self._services = services
        self._turn = turn
        self._done: list[dict[str, Any]] = []

    def call(self, name: str, call: Callable[[], T]) -> T:
        """One call, its outcome noted under the name of the port's method. No transaction may be open."""
        return timed_call(self._services, name, call, self._done.append)

    def in_order(self, following: Callable[[], Callable[[], T] | None]) -> Iterator[T]:
        """Results in order, at most CXMC_MAX_CONNECTIONS under way or waiting to be taken.

        :param following: the next call, or None when there is none (yet); asked again after each result.
        """
        width = self._services.settings.max_connections
        waiting: deque[Future[T]] = deque()
        with ThreadPoolExecutor(width, thread_name_prefix="cxmc-sync") as pool:
            try:
                _refill(pool, waiting, width, following)
                while waiting:
                    result = self._wait(waiting.popleft())
                    _refill(pool, waiting, width, following)
                    yield result
                    _refill(pool, waiting, width, following)
            finally:
                for each in waiting:
                    each.cancel()

    def write_audit(self, minimum: int = 1) -> None:
        """Writes the audit into the open transaction, if that many calls wait for it.

        Calls that are under way add theirs to this very list when they end.
        """
        done = self._done[:]
        if len(done) < minimum:
            return
        del self._done[: len(done)]
        turn, session = self._turn, self._services.session()
        bulk.add_calls(session, turn.account_id, turn.mailing_id, done)

    def _wait(self, future: Future[T]) -> T:
        """Keeps the turn while MailChimp is slow. Raises LostLease, and what the call raised."""
        while True:
            try:
                return future.result(timeout=_BEAT)
            except TimeoutError:
                if future.done():
                    raise
                session = self._services.session()
                sync_turns.extend(session, self._turn)
                session.commit()


def _refill(
    pool: ThreadPoolExecutor,
    waiting: deque[Future[T]],
    width: int,
    following: Callable[[], Callable[[], T] | None],
) -> None:
    while len(waiting) < width and (call := following()) is not None:
        waiting.append(pool.submit(call))
