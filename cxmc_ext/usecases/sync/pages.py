"""Reads the pages of a report, and decides whether they showed it at one moment."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial

from cxmc_ext.domain.mailchimp import Unsubscribe
from cxmc_ext.domain.rules.events import RecipientActivity, parse_activity
from cxmc_ext.usecases.sync.context import TurnContext

PAGE_SIZE = 1000
PAGES_PER_COMMIT = 4
_MAX_PASSES = 3


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of activity, parsed as far as the database is not needed."""

    rows: list[RecipientActivity]
    total: int
    row_count: int


@dataclass(frozen=True, slots=True)
class _Pass:
    """What one reading of all pages listed; two equal ones in a row are believed."""

    row_count: int
    totals: frozenset[int]

    @property
    def is_consistent(self) -> bool:
        return self.totals == {self.row_count}


class ActivityPages:
    """The recipients of a report with their events (`GET /reports/{id}/email-activity`).

    MailChimp may move rows between pages while they are read. If all pages name the same total, and
    their rows add up to it, they showed the report at one moment. Otherwise everything is read again,
    which is harmless: what is stored already is not stored twice. If two readings in a row list equally
    many rows under one total, the total is wrong and the rows are believed.

    Args:
        context: The turn that reads.
        since: Only events after this time are listed (Unix seconds); None lists all of them.
        expected: How many recipients the report should have.
    """

    def __init__(self, context: TurnContext, since: int | None, expected: int) -> None:
        self.is_complete = False
        self._context = context
        self._since = since
        self._expected = max(expected, 1)
        self._total = self._expected
        self._offset = 0

    def batches(self) -> Iterator[list[RecipientActivity]]:
        """Yields the rows of a few pages at a time, one transaction's worth.

        Afterwards `is_complete` tells whether all recipients have been listed.

        Raises:
            LostLease: Another worker has the turn.
            MailChimpError: A page could not be read.
        """
        previous: _Pass | None = None
        for _ in range(_MAX_PASSES):
            current = yield from self._read_all()
            repeated = current == previous and len(current.totals) == 1
            self.is_complete = current.is_consistent or repeated
            if self.is_complete:
                return
            previous = current

    def _read_all(self) -> Generator[list[RecipientActivity], None, _Pass]:
        self._offset, self._total = 0, max(self._total, self._expected)
        row_count, totals = 0, set[int]()
        batch: list[RecipientActivity] = []
        for number, page in enumerate(self._context.call_in_order(self._next_page), start=1):
            self._total = page.total
            totals.add(page.total)
            row_count += page.row_count
            batch.extend(page.rows)
            if number % PAGES_PER_COMMIT == 0:
                yield batch
                batch = []
        yield batch
        return _Pass(row_count, frozenset(totals))

    def _next_page(self) -> Callable[[], _Page] | None:
        if self._offset >= self._total:
            return None
        offset, self._offset = self._offset, self._offset + PAGE_SIZE
        return partial(self._read_page, offset)

    def _read_page(self, offset: int) -> _Page:
        """Runs in the thread of the call, so that parsing overlaps with the work of the database."""
        context = self._context
        call = partial(context.api.activity_page, context.turn.remote_id, offset, self._since)
        page = context.call("activity_page", call)
        return _Page([parse_activity(row) for row in page.rows], page.total, page.row_count)


def unsubscribe_pages(context: TurnContext, expected: int) -> Iterator[tuple[Unsubscribe, ...]]:
    """Yields who unsubscribed through the campaign's own link (`GET /reports/{id}/unsubscribed`).

    Args:
        context: The turn that reads.
        expected: How many there are according to the summary.

    Yields:
        One page at a time, in MailChimp's order.

    Raises:
        LostLease: Another worker has the turn.
        MailChimpError: A page could not be read.
    """
    offsets = iter(range(0, expected, PAGE_SIZE))

    def next_page() -> Callable[[], tuple[Unsubscribe, ...]] | None:
        offset = next(offsets, None)
        if offset is None:
            return None
        call = partial(context.api.unsubscribes_page, context.turn.remote_id, offset)
        return partial(context.call, "unsubscribes_page", call)

    return context.call_in_order(next_page)
