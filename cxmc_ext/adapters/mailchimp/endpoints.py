"""What the groups of endpoints share: the HTTP session and paging.

The methods of the groups are documented in `cxmc_ext.domain.ports.mailchimp`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from cxmc_ext.adapters.mailchimp.answers import collection
from cxmc_ext.adapters.mailchimp.http_session import HttpSession, Query
from cxmc_ext.adapters.mailchimp.json_fields import Row
from cxmc_ext.domain.errors import Unknown

# MailChimp's documented maximum of `count`.
PAGE_SIZE = 1000
# No collection has more; whoever answers with more does not answer the question.
MAX_PAGES = 1000
T = TypeVar("T")


class Endpoints:
    """Base class of the groups; client.py composes them."""

    def __init__(self, http: HttpSession) -> None:
        self._http = http

    def _all_rows(
        self, name: str, parse_row: Callable[[Row], T], route: str, *ids: str | int, query: Query
    ) -> Iterator[T]:
        """Reads a collection page by page.

        A page shorter than 1,000 is the last one: `total_items` was seen to be too low with some
        filters (live account, 2026-07).

        Raises:
            Unknown: A page is repeated, or there is no end.
        """
        parse, previous = collection(name, parse_row), None
        for offset in range(0, MAX_PAGES * PAGE_SIZE, PAGE_SIZE):
            page = self._http.get(route, *ids, parse=parse, query=page_query(query, offset))
            if page and page == previous:
                break
            yield from page
            if page.row_count < PAGE_SIZE:
                return
            previous = page
        raise Unknown("endless answer")


def page_query(query: Query, offset: int) -> Mapping[str, str | int]:
    """Adds `count` and `offset` to a query."""
    return {**query, "count": PAGE_SIZE, "offset": offset}


def field_list(name: str, *fields: str) -> str:
    """Builds the `fields` parameter of a collection.

    Without it MailChimp adds `_links` to every row: about three quarters of a report page.
    """
    return ",".join(f"{name}.{field}" for field in fields)
