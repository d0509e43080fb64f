"""What the client makes of an answer: odd values that it reads alike lead to the same run of a scenario.

The product knows MailChimp's answers only through the functions that parse them. So if a changed answer is
read as another one was, what follows is known already.
"""

import copy
import json
import pickle
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from cxmc_ext.adapters.mailchimp.http_session import ApiResponse, HttpSession
from cxmc_ext.adapters.mailchimp.response_errors import INVALID_BODY, parse_body
from cxmc_ext.domain.dropped_values import collect_dropped_values
from tests.support.unusual_answers import Path, with_value

Parse = Callable[[ApiResponse], Any]
# What the HTTP session takes for an unusable answer.
UNUSABLE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass
class AnswerReadings:
    """The answers of one undisturbed run, each with the function that parsed it."""

    _answers: list[tuple[str, Parse, ApiResponse]] = field(default_factory=list)

    @contextmanager
    def record(self) -> Iterator[None]:
        """Records every answer that is read inside the block."""
        get, request = HttpSession.get, HttpSession.request

        def recorded_get(
            session: HttpSession, route: str, *ids: str | int, parse: Parse, **more: Any
        ) -> Any:
            return get(session, route, *ids, parse=self._recorded("GET", route, parse), **more)

        def recorded_request(
            session: HttpSession, verb: str, route: str, *ids: str | int, parse: Parse, **more: Any
        ) -> Any:
            parse = self._recorded(verb, route, parse)
            return request(session, verb, route, *ids, parse=parse, **more)

        with (
            patch.object(HttpSession, "get", recorded_get),
            patch.object(HttpSession, "request", recorded_request),
        ):
            yield

    def of(self, route: str, path: Path, value: Any) -> Hashable:
        """How the recorded answers to a route are read with this value in this place.

        Args:
            route: Such as "GET /reports/*".
            path: Where the value is put; answers without that place stay as they are.
            value: Any value that Python's JSON can write, or MISSING.
        """
        return tuple(
            _reading(parse, response, with_value(copy.deepcopy(response.body), path, value))
            for name, parse, response in self._answers
            if name == route
        )

    def _recorded(self, verb: str, route: str, parse: Parse) -> Parse:
        name = f"{verb} {route.replace('{}', '*')}"

        def parse_and_record(response: ApiResponse) -> Any:
            self._answers.append((name, parse, copy.deepcopy(response)))
            return parse(response)

        return parse_and_record


def _reading(parse: Parse, response: ApiResponse, body: Any) -> Hashable:
    """The result, or that there is none, and the dropped values, of which a person is told."""
    with collect_dropped_values() as dropped:
        parsed = parse_body(json.dumps(body).encode())
        try:
            results = [] if parsed is INVALID_BODY else [parse(replace(response, body=parsed))]
        except UNUSABLE:
            results = []
    return pickle.dumps(results), tuple(sorted(dropped.items()))
