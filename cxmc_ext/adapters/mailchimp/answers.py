"""Parsers for the shapes an answer can have: one object, a page of rows, or nothing of interest."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from cxmc_ext.adapters.mailchimp.http_session import ApiResponse, Parser
from cxmc_ext.adapters.mailchimp.json_fields import Row, required_list, typed
from cxmc_ext.domain.dropped_values import count_dropped_value
from cxmc_ext.domain.mailchimp import Page

T = TypeVar("T")
_UNUSABLE = (LookupError, TypeError, ValueError, AttributeError)


def collection(name: str, parse_row: Callable[[Row], T]) -> Parser[Page[T]]:
    """Creates a parser for a page of rows; a row that cannot be used is dropped.

    Args:
        name: The key of the rows in the response, such as "members".
        parse_row: Parses one row.
    """

    def parse(response: ApiResponse) -> Page[T]:
        listed = required_list(response.body, name)
        return Page(_usable(listed, name, parse_row), len(listed))

    return parse


def whole_collection(name: str, parse_row: Callable[[Row], T]) -> Parser[Page[T]]:
    """Creates a parser for a page in which no row may be missing: a decision depends on all of them."""

    def parse(response: ApiResponse) -> Page[T]:
        listed = required_list(response.body, name)
        return Page((parse_row(row) for row in listed), len(listed))

    return parse


def single(parse_row: Callable[[Row], T]) -> Parser[T]:
    """Creates a parser for a response that is one object."""
    return lambda response: parse_row(response.body)


def ignore_body(response: ApiResponse) -> None:
    """Parses a response that must be an object but contains nothing we need."""
    typed(response.body, dict)


def _usable(rows: list[Any], name: str, parse_row: Callable[[Row], T]) -> Iterator[T]:
    for row in rows:
        try:
            yield parse_row(row)
        except _UNUSABLE:
            count_dropped_value(name)
