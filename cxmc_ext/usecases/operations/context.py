"""One claim of one operation: what its steps may touch, and the fence around every write and call."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts, mailings, operations, remote_calls
from cxmc_ext.domain.errors import LostLease, MailChimpError, SetupError
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import OperationKind, OperationState
from cxmc_ext.domain.people import Right
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.signals import StopOperation, needs_attention
from cxmc_ext.usecases.shared import api_keys

P = ParamSpec("P")


T = TypeVar("T")


Item = TypeVar("Item")


LEASE_GRACE = 15
"""Seconds a lease outlives the call it was taken for."""


_BATCH_CALLS = {
    MailChimp.subscribe_members.__name__,
    MailChimp.create_segment.__name__,
    MailChimp.add_to_segment.__name__,
}


_PAGE_SIZE = 1000


REQUIRED_RIGHTS: dict[str, Right] = {
    OperationKind.ACTIVATE: Right.ACTIVATE,
    OperationKind.CONNECT: Right.CONFIGURE,
    OperationKind.ERASURE: Right.ACTIVATE,
}
"""What the one who pressed must still be allowed when a worker acts; Right.SEND for the rest."""


@dataclass(frozen=True, slots=True)
class CallResult(Generic[T]):
    """What one of several calls at once came to."""

    value: T | None
    error: MailChimpError | None
    duration_ms: int

    def unwrap(self) -> T:
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value] # the call itself returned it


_PendingCalls: TypeAlias = deque[tuple[Item, int, Future[CallResult[T]]]]
"""Calls under way: what each is for, its row of the audit, its answer to come."""


class OperationContext:
    """Handed to each step. No transaction is open while MailChimp is called."""

    def __init__(self, services: Services, session: Session, operation_id: int, lease: str) -> None:
        self.services = services
        self.session = session
        self.operation_id = operation_id
        self.lease = lease
        self.fresh_intent = False
        """The send intent was committed by this very claim, so nothing can have been asked yet."""
        self.draft_verified = False
        """Whom the draft addresses was read by this very claim, a moment ago."""
        self.sealed_key = ""
        """The key its calls are made with; the account may have another one meanwhile."""
        self._at_least = 0
        """Seconds that every lease lasts while calls of a flow are under way."""

    @property
    def operation(self) -> Operation:
        return self.session.get_one(Operation, self.operation_id)

    @property
    def mailing(self) -> Mailing:
        mailing_id = self.operation.mailing_id
        assert mailing_id is not None  # noqa: S101 - steps of mailings run for mailings only
        return mailings.get(self.session, mailing_id)

    @property
    def account(self) -> Account:
        return accounts.get(self.session, self.operation.account_id)

    @property
    def payload(self) -> dict[str, Json]:
        return dict(self.operation.payload)

    @property
    def now(self) -> int:
        return self.services.clock()

    @cached_property
    def api(self) -> MailChimp:
        """The client through the account's key, or through the one this operation is to try."""
        self.sealed_key = str(self.payload.get("key") or self.account.sealed_key or "")
        try:
            return api_keys.client_with_key(
                self.services, self.operation.account_id, self.sealed_key
            )
        except SetupError:
            raise needs_attention("key_unreadable") from None

    def commit(self, seconds: int | None = None, **values: Any) -> None:
        """Commits the transaction if this claim still holds the operation, and extends the lease.

        :raises LostLease: everything since the last commit is rolled back.
        """
        lasting = max(seconds or self.services.settings.read_timeout + LEASE_GRACE, self._at_least)
        if not operations.update_held(
            self.session, self.operation_id, self.lease, lasting, **values
        ):
            self.session.rollback()
            raise LostLease
        self.session.commit()

    def commit_progress(self, **facts: Json) -> None:
        """Commits like `save` and keeps facts for whoever claims the operation next."""
        self.commit(payload=self.payload | facts)

    def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One remote call: rights, lease and audit before it, its outcome after it."""
        (row,), start_by = self._before(_name(method), 1)
        answer = _answer(start_by, partial(method, *args, **kwargs))
        self._after([row], [answer])
        return answer.unwrap()

    def call_many(
        self, method: Callable[..., T], arguments: Sequence[tuple[Any, ...]]
    ) -> list[CallResult[T]]:
        """The same call for several arguments at once, each with its own outcome, in order.

        Threads make the remote calls and nothing else.
        """
        if not arguments:
            return []
        rows, start_by = self._before(_name(method), len(arguments))
        with ThreadPoolExecutor(self.max_parallel_calls) as pool:
            answers = list(
                pool.map(lambda args: _answer(start_by, partial(method, *args)), arguments)
            )
        self._after(rows, answers)
        return answers

    def call_pipelined(
        self, method: Callable[..., T], calls: Iterable[tuple[Item, tuple[Any, ...]]]
    ) -> Iterator[tuple[Item, T]]:
        """Many calls, of which one begins as soon as another has ended; what came of them, in order.

        Each is fenced like a call of its own. After a trouble none begins any more; it is raised when
        those under way have been told. Whoever takes a value saves it, and makes no other call meanwhile.

        :param calls: what a call is for, which comes back with its value, and its arguments.
        """
        rest = iter(calls)
        going: _PendingCalls[Item, T] = deque()
        trouble: MailChimpError | None = None
        self._at_least = self._lasting(_name(method))
        try:
            with ThreadPoolExecutor(self.max_parallel_calls) as pool:
                self._begin(pool, method, rest, going)
                while going:
                    if self.session.in_transaction():  # begun by the look for further calls
                        self.commit()
                    item, row, future = going.popleft()
                    answer = future.result()
                    self._note([row], [answer])
                    if answer.error is not None:
                        rest, trouble = iter(()), trouble or answer.error
                        self.commit()
                        continue
                    self._begin(pool, method, rest, going)
                    yield item, answer.unwrap()
        finally:
            self._at_least = 0
        if trouble is not None:
            raise trouble

    def call_paged(self, method: Callable[..., Iterator[T]], *args: Any) -> Iterator[list[T]]:
        """The rows of a paging call in lots of 1,000; each lot is fenced like a call of its own."""
        rows = iter(method(*args))
        name = _name(method)
        while True:
            (row,), start_by = self._before(name, 1)
            answer = _answer(start_by, lambda: list(islice(rows, _PAGE_SIZE)))
            self._after([row], [answer])
            lot = answer.unwrap()
            if lot:
                yield lot
            if len(lot) < _PAGE_SIZE:
                return

    @property
    def max_parallel_calls(self) -> int:
        """How many calls may be under way at once."""
        return self.services.settings.max_connections

    def check_rights(self) -> None:
        """An operation of nobody (empty actor) was asked for at the server's command line."""
        operation = self.operation
        needed = REQUIRED_RIGHTS.get(operation.kind, Right.SEND)
        if operation.actor_id and needed not in self.services.host.rights(operation.actor_id):
            raise StopOperation(OperationState.CANCELLED, Problem("no_rights"))

    def _begin(
        self,
        pool: ThreadPoolExecutor,
        method: Callable[..., T],
        rest: Iterator[tuple[Item, tuple[Any, ...]]],
        going: _PendingCalls[Item, T],
    ) -> None:
        while len(going) < self.max_parallel_calls and (following := next(rest, None)) is not None:
            item, args = following
            (row,), start_by = self._before(_name(method), 1)
            going.append((item, row, pool.submit(_answer, start_by, partial(method, *args))))

    def _before(self, name: str, count: int) -> tuple[list[int], float]:
        """Rows of the audit, and until when (by time.monotonic()) the calls may start."""
        self.check_rights()
        operation = self.operation
        if self.now > operation.deadline:
            raise needs_attention("took_too_long")
        start_by = time.monotonic() + LEASE_GRACE
        rows = remote_calls.begin(self.session, operation, operation.step, name, count, self.now)
        self.commit(self._lasting(name))
        return rows, start_by

    def _lasting(self, name: str) -> int:
        settings = self.services.settings
        return (
            settings.batch_timeout if name in _BATCH_CALLS else settings.read_timeout
        ) + LEASE_GRACE

    def _after(self, rows: Sequence[int], answers: Sequence[CallResult[Any]]) -> None:
        """The outcome stays unknown if the operation is somebody else's by now: it is looked after there."""
        self._note(rows, answers)
        self.commit()

    def _note(self, rows: Sequence[int], answers: Sequence[CallResult[Any]]) -> None:
        for row, answer in zip(rows, answers, strict=True):
            error = answer.error
            outcome, status = (error.outcome, error.status) if error else ("ok", 0)
            remote_calls.finish(self.session, row, outcome, status, answer.duration_ms)


def _answer(start_by: float, call: Callable[[], T]) -> CallResult[T]:
    """A call that starts within GRACE ends within its lease; frozen for longer, it never starts."""
    started = time.monotonic()
    if started > start_by:
        raise LostLease
    value: T | None = None
    error: MailChimpError | None = None
    try:
        value = call()
    except MailChimpError as told:
        error = told
    return CallResult(value, error, int((time.monotonic() - started) * 1000))


def _name(method: Callable[..., Any]) -> str:
    return str(getattr(method, "__name__", "call"))


LISTING_DELAY = 10
"""Seconds after which a campaign whose creation got no answer is listed if it exists (A2)."""
