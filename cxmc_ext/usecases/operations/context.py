"""What a step is handed: the rows of its operation, and guarded access to MailChimp.

No transaction is open while MailChimp is called: SQLite has a single writer, and a call may take minutes.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from itertools import islice
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import remote_calls
from cxmc_ext.domain.dropped_values import collect_dropped_values
from cxmc_ext.domain.errors import LostLease, MailChimpError, SetupError
from cxmc_ext.domain.operation_payloads import MailingPayload, Payload
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.call_result import CallResult
from cxmc_ext.usecases.operations.lease import LEASE_GRACE, LeasedOperation, PayloadT_co
from cxmc_ext.usecases.operations.signals import needs_attention
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.shared.parallel import ordered_window

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")

# Calls that get CXMC_BATCH_TIMEOUT instead of CXMC_READ_TIMEOUT.
_BATCH_CALLS = {
    MailChimp.subscribe_members.__name__,
    MailChimp.create_segment.__name__,
    MailChimp.add_to_segment.__name__,
}
# Rows of a paged call that are read under one lease.
_PAGE_SIZE = 1000


class OperationContext(LeasedOperation[PayloadT_co]):
    """A held operation with remote calls.

    Attributes:
        fresh_intent: This claim itself committed the send intent, so MailChimp was not asked before.
        draft_verified: This claim itself verified the draft, a moment ago.
        sealed_key: The sealed API key of the calls. The account may have got another one meanwhile.
    """

    def __init__(self, services: Services, session: Session, operation_id: int, lease: str) -> None:
        super().__init__(services, session, operation_id, lease)
        self.fresh_intent = False
        self.draft_verified = False
        self.sealed_key = ""

    @property
    def max_parallel_calls(self) -> int:
        """CXMC_MAX_CONNECTIONS."""
        return self.services.settings.max_connections

    @cached_property
    def api(self) -> MailChimp:
        """The MailChimp client. “Initialize” uses the key it is to try, all others the account's.

        Raises:
            StopOperation: The stored key cannot be decrypted.
        """
        self.sealed_key = self.payload.own_key or self.account.sealed_key or ""
        try:
            return api_keys.client_with_key(
                self.services, self.operation.account_id, self.sealed_key
            )
        except SetupError:
            raise needs_attention("key_unreadable") from None

    def run_step(
        self, name: str, step: Callable[["OperationContext[Any]"], str | None]
    ) -> str | None:
        """Runs one step of the operation. Tests replace this to act between two steps.

        Returns:
            The name of the step to go to, or None for the next one of the table.
        """
        return step(self)

    def perform_call(self, name: str, start_by: float, call: Callable[[], T]) -> CallResult[T]:
        """Makes one remote call, possibly in another thread. Tests replace this to freeze a worker.

        Args:
            name: Name of the client's method.
            start_by: The latest `time.monotonic()` at which the call may start and still end under
                its lease.

        Raises:
            LostLease: It is later than that, because the process or the machine stood still.
        """
        started = time.monotonic()
        if started > start_by:
            raise LostLease
        value: T | None = None
        error: MailChimpError | None = None
        with collect_dropped_values() as dropped:
            try:
                value = call()
            except MailChimpError as raised:
                error = raised
        duration = int((time.monotonic() - started) * 1000)
        return CallResult(value, error, duration, dropped.total())

    def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Makes one remote call: rights, lease and audit row before it, its outcome after it.

        Raises:
            MailChimpError: What the call raised, after its outcome was committed.
            LostLease: As `commit`.
            StopOperation: The user's right was withdrawn, or the deadline has passed.
        """
        name = _name(method)
        (row,), start_by = self.prepare_calls(name, 1)
        result = self.perform_call(name, start_by, partial(method, *args, **kwargs))
        self.record_calls([row], [result])
        self.commit()
        return result.unwrap()

    def call_many(
        self, method: Callable[..., T], arguments: Sequence[tuple[Any, ...]]
    ) -> list[CallResult[T]]:
        """Makes the same call with several arguments in parallel, all under one lease.

        Returns:
            One result per argument tuple, in the same order. An error stops none of the others.

        Raises:
            LostLease, StopOperation: As `call`.
        """
        if not arguments:
            return []
        name = _name(method)
        rows, start_by = self.prepare_calls(name, len(arguments))
        calls = (
            partial(self.perform_call, name, start_by, partial(method, *args)) for args in arguments
        )
        with ThreadPoolExecutor(self.max_parallel_calls) as pool:
            results = list(
                ordered_window(
                    pool, self.max_parallel_calls, lambda: next(calls, None), Future.result
                )
            )
        self.record_calls(rows, results)
        self.commit()
        return results

    def call_pipelined(
        self, method: Callable[..., T], calls: Iterable[tuple[Item, tuple[Any, ...]]]
    ) -> Iterator[tuple[Item, T]]:
        """Makes many calls, a new one as soon as another has ended; each has a lease of its own.

        What the caller stores of a result is committed with the preparations of the next call; after the
        last one the caller commits. It makes no other remote call meanwhile.

        Args:
            method: The client's method.
            calls: Pairs of an item, which comes back with the result, and the call's arguments. Read
                lazily, in the caller's thread.

        Returns:
            Pairs of item and result, in the order of `calls`.

        Raises:
            MailChimpError: The first error. No call starts after it, and it is raised after the results
                of the calls that were running.
            LostLease, StopOperation: As `call`.
        """
        pipeline = _Pipeline(self, method, calls)
        self._min_lease_seconds = self._lease_seconds(_name(method))
        try:
            with ThreadPoolExecutor(self.max_parallel_calls) as pool:
                results = ordered_window(
                    pool, self.max_parallel_calls, pipeline.next_call, pipeline.wait_for
                )
                for item, result in results:
                    if result.error is None:
                        yield item, result.unwrap()
                    pipeline.is_handing_over = False
        finally:
            self._min_lease_seconds = 0
        if pipeline.first_error is not None:
            self.commit()
            raise pipeline.first_error

    def call_paged(self, method: Callable[..., Iterator[T]], *args: Any) -> Iterator[list[T]]:
        """Reads the rows of a paged call in batches of 1,000, each under a lease of its own.

        Raises:
            MailChimpError, LostLease, StopOperation: As `call`.
        """
        rows = iter(method(*args))
        name = _name(method)
        while True:
            (audit_row,), start_by = self.prepare_calls(name, 1)
            result = self.perform_call(name, start_by, lambda: list(islice(rows, _PAGE_SIZE)))
            self.record_calls([audit_row], [result])
            self.commit()
            batch = result.unwrap()
            if batch:
                yield batch
            if len(batch) < _PAGE_SIZE:
                return

    def prepare_calls(self, name: str, count: int) -> tuple[list[int], float]:
        """Checks rights and deadline, adds audit rows and extends the lease, in one commit.

        Returns:
            The ids of the audit rows, and the latest `time.monotonic()` at which the calls may start.
        """
        self.check_rights()
        operation = self.operation
        if self.now > operation.deadline:
            raise needs_attention("took_too_long")
        start_by = time.monotonic() + LEASE_GRACE
        rows = remote_calls.begin(self.session, operation, operation.step, name, count, self.now)
        self.commit(self._lease_seconds(name))
        return rows, start_by

    def _lease_seconds(self, name: str) -> int:
        settings = self.services.settings
        timeout = settings.batch_timeout if name in _BATCH_CALLS else settings.read_timeout
        return timeout + LEASE_GRACE

    def record_calls(self, rows: Sequence[int], results: Sequence[CallResult[Any]]) -> None:
        """Adds the outcomes to the audit rows. If the lease is lost they stay “unknown”, which is true."""
        ended = [result.columns(row) for row, result in zip(rows, results, strict=True)]
        remote_calls.finish(self.session, ended)


class _Pipeline(Generic[Item, T]):
    """The calls of one `call_pipelined`: prepares each before it starts, records it when it has ended."""

    def __init__(
        self,
        context: "OperationContext[Any]",
        method: Callable[..., T],
        calls: Iterable[tuple[Item, tuple[Any, ...]]],
    ) -> None:
        self.first_error: MailChimpError | None = None
        # The caller has a result, and has not stored it yet: nothing is committed meanwhile.
        self.is_handing_over = False
        self._context = context
        self._method = method
        self._remaining = iter(calls)

    def next_call(self) -> Callable[[], tuple[Item, int, CallResult[T]]] | None:
        """Prepares the next call, in the caller's thread; none after an error."""
        is_ending = self.first_error is not None or self.is_handing_over
        item_and_args = None if is_ending else next(self._remaining, None)
        if item_and_args is None:
            return None
        item, args = item_and_args
        context, name = self._context, _name(self._method)
        (row,), start_by = context.prepare_calls(name, 1)
        call = partial(context.perform_call, name, start_by, partial(self._method, *args))
        return lambda: (item, row, call())

    def wait_for(
        self, future: Future[tuple[Item, int, CallResult[T]]]
    ) -> tuple[Item, CallResult[T]]:
        """Waits for a call and records its outcome."""
        context = self._context
        if context.session.in_transaction():  # there was no further call to commit it
            context.commit()
        item, row, result = future.result()
        context.record_calls([row], [result])
        self.is_handing_over = True
        if result.error is not None:
            self.first_error = self.first_error or result.error
            context.commit()
        return item, result


def _name(method: Callable[..., Any]) -> str:
    return str(getattr(method, "__name__", "call"))


AnyContext: TypeAlias = OperationContext[Payload]
MailingContext: TypeAlias = OperationContext[MailingPayload]
"""Of an operation that builds, sends or removes the MailChimp campaign of a mailing."""
