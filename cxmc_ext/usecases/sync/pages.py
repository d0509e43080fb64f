"""Reads the pages of a report, and decides whether they showed it at one moment."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial

from cxmc_ext.domain.mailchimp import Page, Unsubscribe
from cxmc_ext.domain.rules.events import RecipientActivity, parse_activity
from cxmc_ext.usecases.sync.context import TurnContext

PAGE_SIZE = 1000
PAGES_PER_COMMIT = 4
# No report has more recipients than fit on these pages, whatever MailChimp says.
MAX_PAGES = 2000
_MAX_PASSES = 3


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of activity, parsed as far as the database is not needed."""

    rows: list[RecipientActivity]
    total: int | None
    row_count: int

    @property
    def ends(self) -> tuple[str, str] | None:
        """The first and the last recipient; two pages with the same ones are one page."""
        return (self.rows[0].hash, self.rows[-1].hash) if self.rows else None


@dataclass(frozen=True, slots=True)
class _Pass:
    """What one reading of all pages listed; two equal ones in a row are believed."""

    row_count: int
    totals: frozenset[int | None]
    is_bounded: bool
    """The reading was stopped although it had no end."""

    @property
    def is_consistent(self) -> bool:
        return self.totals == {self.row_count} and not self.is_bounded


class _Offsets:
    """Which page is read next: up to the announced number of rows, and further while pages are full.

    The announced number is MailChimp's and may be wrong. If it is too low, a full page is followed by
    another one; if it is too high, an empty page is the last one.
    """

    def __init__(self, announced: int) -> None:
        self.announced = announced
        self.is_confirmed = False
        """Two sources announce exactly the number of rows that were read: nothing more is requested."""
        self.is_bounded = False
        self._next = 0
        self._read_until = 0
        self._is_full = True
        self._has_ended = False

    def take(self) -> int | None:
        """The offset of the next page; None if none is to be requested now."""
        if self._has_ended or self._next >= MAX_PAGES * PAGE_SIZE:
            self.is_bounded = self.is_bounded or not self._has_ended
            return None
        is_announced = self._next < max(self.announced, 1)
        may_follow = self._is_full and self._read_until == self._next and not self.is_confirmed
        if not is_announced and not may_follow:
            return None
        offset, self._next = self._next, self._next + PAGE_SIZE
        return offset

    def page_was_read(self, row_count: int) -> None:
        """Notes the number of rows of the next page in order."""
        self._read_until += PAGE_SIZE
        self._is_full = row_count >= PAGE_SIZE
        self._has_ended = self._has_ended or not row_count

    def stop(self) -> None:
        """Stops because the pages have no end."""
        self._has_ended = self.is_bounded = True


class ActivityPages:
    """The recipients of a report with their events (`GET /reports/{id}/email-activity`).

    MailChimp may move rows between pages while they are read. If all pages name the same total, and
    their rows add up to it, they showed the report at one moment. Otherwise everything is read again,
    which is harmless: what is stored already is not stored twice. If two readings in a row list equally
    many rows under one total, the total is wrong and the rows are believed.

    Args:
        context: The turn that reads.
        since: Only events after this time are listed (Unix seconds); None lists all of them.
        expected: How many recipients the report should have; None if that is not known.
    """

    def __init__(self, context: TurnContext, since: int | None, expected: int | None) -> None:
        self.is_complete = False
        self._context = context
        self._since = since
        self._expected = expected

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
            self.is_complete = current.is_consistent or (repeated and not current.is_bounded)
            if self.is_complete:
                return
            previous = current

    def _read_all(self) -> Generator[list[RecipientActivity], None, _Pass]:
        offsets = _Offsets(self._expected or 0)
        row_count, totals = 0, set[int | None]()
        batch: list[RecipientActivity] = []
        last_ends: tuple[str, str] | None = None
        pages = self._context.call_in_order(partial(self._next_page, offsets))
        for number, page in enumerate(pages, start=1):
            if page.ends is not None and page.ends == last_ends:
                offsets.stop()
                continue
            last_ends = page.ends
            totals.add(page.total)
            row_count += page.row_count
            self._note(offsets, page, row_count)
            batch.extend(page.rows)
            if number % PAGES_PER_COMMIT == 0:
                yield batch
                batch = []
        yield batch
        return _Pass(row_count, frozenset(totals), offsets.is_bounded)

    def _note(self, offsets: _Offsets, page: _Page, row_count: int) -> None:
        offsets.page_was_read(page.row_count)
        offsets.announced = max(page.total or 0, self._expected or 0)
        offsets.is_confirmed = page.total == self._expected == row_count

    def _next_page(self, offsets: _Offsets) -> Callable[[], _Page] | None:
        offset = offsets.take()
        return None if offset is None else partial(self._read_page, offset)

    def _read_page(self, offset: int) -> _Page:
        """Runs in the thread of the call, so that parsing overlaps with the work of the database."""
        context = self._context
        call = partial(context.api.activity_page, context.turn.remote_id, offset, self._since)
        page = context.call("activity_page", call)
        return _Page([parse_activity(row) for row in page.rows], page.total, page.row_count)


def unsubscribe_pages(context: TurnContext, expected: int | None) -> Iterator[Page[Unsubscribe]]:
    """Yields who unsubscribed through the campaign's own link (`GET /reports/{id}/unsubscribed`).

    Args:
        context: The turn that reads.
        expected: How many there are according to the summary; None if it does not tell.

    Yields:
        One page at a time, in MailChimp's order.

    Raises:
        LostLease: Another worker has the turn.
        MailChimpError: A page could not be read.
    """
    if expected == 0:
        return
    offsets, previous = _Offsets(expected or 0), None

    def next_page() -> Callable[[], Page[Unsubscribe]] | None:
        offset = offsets.take()
        if offset is None:
            return None
        call = partial(context.api.unsubscribes_page, context.turn.remote_id, offset)
        return partial(context.call, "unsubscribes_page", call)

    for page in context.call_in_order(next_page):
        if page and page == previous:
            offsets.stop()
            continue
        offsets.page_was_read(page.row_count)
        previous = page
        yield page
