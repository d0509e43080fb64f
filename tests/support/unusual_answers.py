"""Changes single values in the stand-in's answers on their way to the client."""

import copy
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from cxmc_ext.standin import StandinServer

# Names and indices that lead to a value of an answer.
Path = tuple[str | int, ...]
MISSING = object()
"""Stands for a field that is left out."""


@dataclass
class UnusualAnswers:
    """A WSGI application around the stand-in.

    Attributes:
        answers: The unchanged JSON answers to each request since `clear`, by method and path.
    """

    app: WSGIApplication
    answers: dict[str, list[Any]] = field(default_factory=dict)
    _changes: list[tuple[re.Pattern[str], Path, Any]] = field(default_factory=list)

    @classmethod
    def install(cls, standin: StandinServer) -> "UnusualAnswers":
        """Restarts the stand-in with this application around it."""
        standin.stop()
        unusual = cls(standin.app)
        standin.app = unusual
        standin.start()
        return unusual

    def change(self, route: str, path: Path, value: Any) -> None:
        """Changes a value in every answer to a route until `clear`.

        Args:
            route: Such as "GET /reports/*"; a star stands for one part of the path.
            path: Where the value is; answers without that place stay as they are.
            value: Any value that Python's JSON can write, also NaN, or MISSING.
        """
        self._changes.append((_pattern(route), path, value))

    def clear(self) -> None:
        """Changes nothing anymore, and forgets the answers."""
        self._changes.clear()
        self.answers.clear()

    def answers_to(self, route: str) -> list[Any]:
        """The unchanged answers to a route since `clear`."""
        pattern = _pattern(route)
        found = [self.answers[request] for request in self.answers if pattern.fullmatch(request)]
        return [answer for answers in found for answer in answers]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix("/3.0") or "/"
        request = f"{environ['REQUEST_METHOD']} {path}"
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        head: list[Any] = []

        def keep_head(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            del exc_info
            head[:] = [status, headers]
            return lambda _: None

        body = b"".join(self.app(environ, keep_head))
        status, headers = head
        if status.startswith("200") and "json" in dict(headers).get("Content-Type", ""):
            answer = json.loads(body)
            self.answers.setdefault(request, []).append(copy.deepcopy(answer))
            body = json.dumps(self._changed(request, answer)).encode()
            headers = [(n, v) for n, v in headers if n.lower() != "content-length"]
            headers.append(("Content-Length", str(len(body))))
        start(status, headers)
        return [body]

    def _changed(self, request: str, answer: Any) -> Any:
        for pattern, path, value in self._changes:
            if pattern.fullmatch(request):
                answer = with_value(answer, path, value)
        return answer


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.escape(route).replace(r"\*", "[^/]+"))


def with_value(answer: Any, path: Path, value: Any) -> Any:
    """Puts a value into an answer, which is changed, unless that has no such place."""
    if not path:
        return None if value is MISSING else value
    place = answer
    for step in path[:-1]:
        try:
            place = place[step]
        except (LookupError, TypeError):
            return answer
    last = path[-1]
    if not _has(place, last):
        return answer
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return answer


def _has(place: Any, step: str | int) -> bool:
    if isinstance(place, dict):
        return step in place
    return isinstance(place, list) and isinstance(step, int) and step < len(place)
