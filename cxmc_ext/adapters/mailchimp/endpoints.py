"""What the groups of MailChimp's endpoints have in common: the session and paging."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from cxmc_ext.adapters.mailchimp.http_session import HttpSession, Parser, Query
from cxmc_ext.adapters.mailchimp.parsing import Row, collection

PAGE_SIZE = 1000
T = TypeVar("T")


class Endpoints:
    """Base of the groups; they are composed into one client in mailchimp.py."""

    def __init__(self, http: HttpSession) -> None:
        self._http = http

    def _paged(
        self, route: str, *parts: str | int, read: Parser[tuple[T, ...]], query: Query
    ) -> Iterator[T]:
        """All rows; a page shorter than 1,000 is the last (total_items may undercount)."""
        offset = 0
        while True:
            found = self._http.get(route, *parts, parse=read, query=page_query(query, offset))
            yield from found
            if len(found) < PAGE_SIZE:
                return
            offset += PAGE_SIZE

    def _rows(
        self, name: str, one: Callable[[Row], T], route: str, *parts: str | int, query: Query
    ) -> Iterator[T]:
        return self._paged(route, *parts, read=collection(name, one), query=query)


def page_query(query: Query, offset: int) -> Mapping[str, str | int]:
    return {**query, "count": PAGE_SIZE, "offset": offset}


def field_list(name: str, *fields: str) -> str:
    """The fields= of a collection; total_items and links stay away."""
    return ",".join(f"{name}.{field}" for field in fields)
