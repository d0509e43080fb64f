"""What the groups of MailChimp's endpoints have in common: the session and paging."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from cxmc_ext.adapters.http import Http, Query, Read
from cxmc_ext.adapters.parse import Row, rows

PAGE = 1000
T = TypeVar("T")


class Endpoints:
    """Base of the groups; they are composed into one client in mailchimp.py."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def _paged(
        self, route: str, *parts: str | int, read: Read[tuple[T, ...]], query: Query
    ) -> Iterator[T]:
        """All rows; a page shorter than 1,000 is the last (total_items may undercount)."""
        offset = 0
        while True:
            found = self._http.get(route, *parts, read=read, query=page(query, offset))
            yield from found
            if len(found) < PAGE:
                return
            offset += PAGE

    def _rows(
        self, name: str, one: Callable[[Row], T], route: str, *parts: str | int, query: Query
    ) -> Iterator[T]:
        return self._paged(route, *parts, read=rows(name, one), query=query)


def page(query: Query, offset: int) -> Mapping[str, str | int]:
    return {**query, "count": PAGE, "offset": offset}


def narrow(name: str, *fields: str) -> str:
    """The fields= of a collection; total_items and links stay away."""
    return ",".join(f"{name}.{field}" for field in fields)
