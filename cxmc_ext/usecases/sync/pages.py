"""Reading a report: all of its pages, and the judgement whether they were all of one moment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from cxmc_ext.domain.mailchimp import Unsubscribe
from cxmc_ext.domain.rules.events import RecipientActivity, parse_activity
from cxmc_ext.usecases.sync.api_calls import TurnCalls

PAGE_SIZE = 1000
PAGES_PER_COMMIT = 4
"""Pages per transaction."""
_MAX_PASSES = 3


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a report as far as it can be worked out before the database is asked."""

    rows: list[RecipientActivity]
    total: int
    listed: int


@dataclass(slots=True)
class ActivityPages:
    """The recipients of a report with their events after `since`.

    Rows may move between pages while they are read. Pages whose totals agree, and add up to it, are of
    one moment; otherwise everything is read again, which changes nothing that is stored already. Two
    readings that list as many rows under one total are believed: then it is the total that is wrong.
    """

    calls: TurnCalls
    remote_id: str
    since: int | None
    expected: int
    complete: bool = False
    _offset: int = 0
    _end: int = 0
    _seen: int = 0
    _totals: set[int] = field(default_factory=set)

    def batches(self) -> Iterator[list[RecipientActivity]]:
        """A few pages at a time; `complete` is true afterwards if nothing can have been missed."""
        before: tuple[int, set[int]] | None = None
        for _ in range(_MAX_PASSES):
            yield from self._pass()
            now = (self._seen, self._totals)
            self.complete = {self._seen} == self._totals or (now == before and len(now[1]) == 1)
            if self.complete:
                return
            before = now

    def _pass(self) -> Iterator[list[RecipientActivity]]:
        self._offset, self._seen, self._totals = 0, 0, set()
        self._end = max(self._end, self.expected, 1)
        lot: list[RecipientActivity] = []
        for number, page in enumerate(self.calls.in_order(self._next), start=1):
            self._totals.add(page.total)
            self._end = page.total
            self._seen += page.listed
            lot.extend(page.rows)
            if number % PAGES_PER_COMMIT == 0:
                yield lot
                lot = []
        yield lot

    def _next(self) -> Callable[[], _Page] | None:
        if self._offset >= self._end:
            return None
        offset, self._offset = self._offset, self._offset + PAGE_SIZE
        return partial(self._page, offset)

    def _page(self, offset: int) -> _Page:
        """In the thread that waited for it, while the database works for another one."""
        asked = partial(self.calls.api.activity_page, self.remote_id, offset, self.since)
        page = self.calls.call("activity_page", asked)
        return _Page([parse_activity(row) for row in page.rows], page.total, page.row_count)


@dataclass(slots=True)
class UnsubscribePages:
    """Everybody who unsubscribed through a campaign's own link, a page at a time."""

    calls: TurnCalls
    remote_id: str
    expected: int
    _offset: int = 0
    _seen: int = 0

    def pages(self) -> Iterator[tuple[Unsubscribe, ...]]:
        for page in self.calls.in_order(self._next):
            self._seen += len(page)
            yield page

    def _next(self) -> Callable[[], tuple[Unsubscribe, ...]] | None:
        if self._offset >= self.expected:
            return None
        offset, self._offset = self._offset, self._offset + PAGE_SIZE
        page = partial(self.calls.api.unsubscribes_page, self.remote_id, offset)
        return partial(self.calls.call, "unsubscribed_page", page)
