"""Finds the rows because of which MailChimp fails a whole batch, or a call about one row.

A batch that keeps failing is split into pieces, which are pushed in parallel; pieces that fail are split
again until single rows are left. A row is only blamed if it fails alone several times while other rows
succeed at the same moment. An outage, where everything fails, blames nobody: it is waited out like before.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from cxmc_ext.domain.errors import MailChimpError, Refused, Unknown
from cxmc_ext.usecases.operations.call_result import CallResult
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.shared.batches import in_batches

T = TypeVar("T")
Row = TypeVar("Row")
# Rows and what became of them: MailChimp's answer, or the error of a single row that always fails.
Answered: TypeAlias = tuple[Sequence[Row], T | MailChimpError]

# Rows are suspected in the third attempt of a step, until then a short outage is more likely. After that it
# is every third attempt: if it is a long outage, a search each time would be many calls for nothing.
_ATTEMPTS_PER_SEARCH = 3
# How often a row must fail alone while others succeed.
_FAILURES_ALONE = 4
# Failed attempts before a row may be blamed although there is none to compare it with (after about three
# minutes, see `rules.backoff`), provided that MailChimp answers at all.
_ATTEMPTS_WITHOUT_CONTROL = 8
# Rounds without any success before it counts as an outage, while no row is known that succeeds.
_ROUNDS_WITHOUT_SUCCESS = 4


def may_suspect_rows(context: MailingContext, error: MailChimpError | None = None) -> bool:
    """Whether a row, and not an outage, is the likely reason of a failure in this step.

    Args:
        context: The context of the step.
        error: The failure. A refusal is no outage, so it need not have happened before. The key, the
            rights, the limits and the connection are never due to a row.
    """
    if error is not None and type(error) not in (Refused, Unknown):
        return False
    is_third = context.operation.attempts % _ATTEMPTS_PER_SEARCH == _ATTEMPTS_PER_SEARCH - 1
    return isinstance(error, Refused) or is_third


@dataclass(slots=True)
class _Piece(Generic[Row]):
    rows: list[Row]
    has_failed: bool = False
    """The rows failed, as a piece of their own or in a larger one."""
    is_control: bool = False
    was_tried_alone: bool = False
    failures_alone: int = 0
    """How often they failed, as a single row, while other rows succeeded."""

    @property
    def is_single(self) -> bool:
        return len(self.rows) == 1

    def split(self, parts: int) -> "list[_Piece[Row]]":
        size = -(-len(self.rows) // parts)
        return [_Piece(rows, has_failed=True) for rows in in_batches(self.rows, size)]


_Results: TypeAlias = list[tuple[_Piece[Row], CallResult[T]]]


class RowIsolation(Generic[Row, T]):
    """Makes calls about rows, and isolates the rows that fail. One object serves a whole step.

    Per batch that fails it makes O(bad rows × log(rows)) calls; in an outage no more than the search for
    one row takes.

    Args:
        context: The context of the step.
        method: The client's method. Repeating it must be harmless.
        arguments: Makes the method's arguments from the rows of a batch.
        control: A row that succeeds if MailChimp works, if one is known already.
    """

    def __init__(
        self,
        context: MailingContext,
        method: Callable[..., T],
        arguments: Callable[[Sequence[Row]], tuple[Any, ...]],
        control: Row | None = None,
    ) -> None:
        self._context = context
        self._method = method
        self._arguments = arguments
        self._control = control
        self._rounds_without_success = 0

    def call_batches(self, batches: Iterable[Sequence[Row]]) -> Iterator[Answered[Row, T]]:
        """Makes one call per batch, and more if it fails. Commits what the caller stores of each result.

        Returns:
            Each row once: with the answer that covers it, or alone with its error.

        Raises:
            MailChimpError: An outage, or an error that no row can cause.
        """
        for rows in batches:
            for answered in self._work_off(deque([_Piece(list(rows))])):
                yield answered
                self._context.commit()

    def call_each(self, rows: Sequence[Row]) -> Iterator[Answered[Row, T]]:
        """Makes one call per row, several in parallel, and more for those that fail.

        The caller commits after each result. See `call_batches` for what is returned and raised.
        """
        return self._work_off(deque(_Piece([row]) for row in rows))

    def _work_off(self, waiting: deque[_Piece[Row]]) -> Iterator[Answered[Row, T]]:
        while waiting:
            results = self._try_round(waiting)
            for piece, result in results:
                if result.error is None and not piece.is_control:
                    yield piece.rows, result.unwrap()
            is_working = self._is_working(results, waiting)
            remaining: list[_Piece[Row]] = []
            for piece, error in _failures(results):
                piece.has_failed = True
                piece.failures_alone += is_working and piece.is_single
                if piece.failures_alone >= _FAILURES_ALONE:
                    yield piece.rows, error
                else:
                    remaining.append(piece)
            self._enqueue(remaining, waiting, is_working=is_working)

    def _try_round(self, waiting: deque[_Piece[Row]]) -> _Results[Row, T]:
        """Makes the calls of the first pieces in parallel. With a piece that failed goes the control."""
        width = self._context.max_parallel_calls
        control: list[_Piece[Row]] = []
        if self._control is not None and waiting[0].has_failed:
            control = [_Piece([self._control], is_control=True)]
        count = min(max(1, width - len(control)), len(waiting))
        pieces = [*(waiting.popleft() for _ in range(count)), *control]
        results: list[CallResult[T]] = []
        for batch in in_batches(pieces, width):
            for piece in batch:
                piece.was_tried_alone = piece.is_single
            arguments = [self._arguments(piece.rows) for piece in batch]
            results += self._context.call_many(self._method, arguments)
        return list(zip(pieces, results, strict=True))

    def _is_working(self, results: _Results[Row, T], waiting: Iterable[_Piece[Row]]) -> bool:
        """Whether MailChimp works for some rows, so that the failures of others are due to them.

        Raises:
            MailChimpError: No row is to blame.
        """
        errors = [result.error for _, result in results if result.error is not None]
        for error in errors:
            if not may_suspect_rows(self._context, error):
                raise error
        good = [piece for piece, result in results if result.error is None]
        if good:
            self._control, self._rounds_without_success = good[0].rows[0], 0
            return True
        self._rounds_without_success += 1
        was_control_tried = any(piece.is_control for piece, _ in results)
        if was_control_tried or self._rounds_without_success > _ROUNDS_WITHOUT_SUCCESS:
            raise errors[0]
        pieces = [*(piece for piece, _ in results), *waiting]
        if self._control is None and all(piece.was_tried_alone for piece in pieces):
            return self._service_works(errors[0])
        return False

    def _service_works(self, error: MailChimpError) -> bool:
        """After many attempts: whether MailChimp answers at all, though it accepts none of the rows."""
        context = self._context
        if context.operation.attempts < _ATTEMPTS_WITHOUT_CONTROL:
            raise error
        context.call(context.api.audience, context.mailing.list_id)
        return True

    def _enqueue(
        self, failed: Sequence[_Piece[Row]], waiting: deque[_Piece[Row]], *, is_working: bool
    ) -> None:
        """Splits what failed. Until something succeeds only one piece is followed, to save calls."""
        width = self._context.max_parallel_calls
        larger = [piece for piece in failed if not piece.is_single]
        if is_working:
            waiting.extend(part for piece in larger for part in piece.split(width))
        elif larger:
            waiting.extendleft(reversed(larger[0].split(width)))
            waiting.extend(larger[1:])
        waiting.extend(piece for piece in failed if piece.is_single)


def _failures(results: _Results[Row, T]) -> Iterator[tuple[_Piece[Row], MailChimpError]]:
    for piece, result in results:
        if result.error is not None and not piece.is_control:
            yield piece, result.error
