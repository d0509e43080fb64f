"""What the steps of a sync turn share: the turn, its lease, and its calls to MailChimp."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import bulk, sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.dropped_values import collect_dropped_values
from cxmc_ext.domain.errors import CxmcError
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.shared.parallel import ordered_window
from cxmc_ext.usecases.shared.remote_calls import timed_call

T = TypeVar("T")

# Seconds of waiting for a call after which the lease (60 s) is extended.
_LEASE_EXTENSION_INTERVAL = 10.0


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """How a turn ends: when the mailing is read next, and which columns its row gets.

    `next_sync_at` is in Unix seconds; None stops the synchronization of the mailing.
    """

    next_sync_at: int | None
    values: dict[str, Any]


class EndTurn(CxmcError):
    """Raised by a step that leaves the following steps nothing to do."""

    def __init__(self, end: TurnEnd) -> None:
        super().__init__(f"next sync at {end.next_sync_at}")
        self.end = end


class TurnContext:
    """Handed to each step of a turn. No transaction is open while MailChimp is called.

    Attributes:
        services: Those of the mailing's account.
        turn: The claimed mailing, as its row was at the claim. `follow_status` replaces it once the
            campaign turns out to be sent.
        started_at: When the turn began, in Unix seconds.
        api: The client; available after `connect`.
    """

    api: MailChimp

    def __init__(self, services: Services, turn: SyncTurn) -> None:
        self.services = services
        self.turn = turn
        self.started_at = services.clock()
        self._unwritten_calls: list[dict[str, Any]] = []
        self._dropped: list[Counter[str]] = []

    @property
    def session(self) -> Session:
        """The database session of the turn."""
        return self.services.session()

    @property
    def now(self) -> int:
        """The current time in Unix seconds."""
        return self.services.clock()

    def connect(self) -> None:
        """Makes the client with the account's key.

        Raises:
            SetupError: The stored key cannot be decrypted.
        """
        self.api = api_keys.client_with_key(
            self.services, self.turn.account_id, self.turn.sealed_key
        )

    def extend_lease(self) -> None:
        """Locks the mailing's row and keeps the turn for another minute.

        This is the first statement of every transaction that writes what a turn has read.

        Raises:
            LostLease: Another worker has the turn, or the module was deactivated.
        """
        sync_turns.extend(self.session, self.turn)

    def call(self, name: str, call: Callable[[], T]) -> T:
        """Makes one remote call; its outcome waits for `write_audit`. Safe to use in threads.

        Args:
            name: The method of the `MailChimp` port.
            call: The call, without arguments.

        Raises:
            MailChimpError: The call failed.
        """
        with collect_dropped_values() as dropped:
            try:
                return timed_call(self.services, name, call, self._unwritten_calls.append)
            finally:
                if dropped:
                    self._dropped.append(dropped)

    def dropped_values(self) -> Counter[str]:
        """Returns how many values of the turn's answers could not be used, by the name of their field."""
        return sum(self._dropped, Counter())

    def call_in_order(self, next_call: Callable[[], Callable[[], T] | None]) -> Iterator[T]:
        """Makes calls in parallel and yields their results in the order of the calls.

        At most CXMC_MAX_CONNECTIONS calls are running or have a result that was not taken yet.

        Args:
            next_call: Returns the next call, or None if there is none for now. It is asked again after
                each result, because a result may show that there is more to read.

        Raises:
            LostLease: The turn was lost while a call was running.
            MailChimpError: A call failed; calls that have not started yet are dropped.
        """
        width = self.services.settings.max_connections
        with ThreadPoolExecutor(width, thread_name_prefix="cxmc-sync") as pool:
            yield from ordered_window(pool, width, next_call, self._wait_for)

    def write_audit(self, minimum: int = 1) -> None:
        """Adds the finished remote calls to the open transaction, if there are at least `minimum`."""
        # Calls that are still running append to this very list when they finish: copy, then cut.
        finished = self._unwritten_calls[:]
        if len(finished) < minimum:
            return
        del self._unwritten_calls[: len(finished)]
        bulk.add_calls(self.session, self.turn.account_id, self.turn.mailing_id, finished)

    def _wait_for(self, future: Future[T]) -> T:
        """The result of a call; the lease is extended while MailChimp is slow."""
        while True:
            try:
                return future.result(timeout=_LEASE_EXTENSION_INTERVAL)
            except TimeoutError:
                if future.done():  # the call itself raised a TimeoutError
                    raise
                self.extend_lease()
                self.session.commit()
