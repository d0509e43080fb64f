"""The page a Prometheus server reads; off unless CXMC_METRICS_TOKEN is set."""

import hmac
from collections.abc import Callable, Iterator

from flask import Response, abort, request

from cxmc_ext.services import Services
from cxmc_ext.usecases.admin.metrics import Metric, collect

_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def make_view(services: Services) -> Callable[[], Response]:
    """404 without the token, as if there were no such page; compared in constant time."""

    def view() -> Response:
        wanted = services.settings.metrics_token
        given = request.headers.get("Authorization", "")
        if not wanted or not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
            abort(404)
        lines = [line for measure in collect(services) for line in _lines(measure)]
        return Response("\n".join(lines) + "\n", content_type=_TYPE)

    return view


def _lines(measure: Metric) -> Iterator[str]:
    yield f"# HELP {measure.name} {measure.help}"
    yield f"# TYPE {measure.name} gauge"
    for labels, number in measure.samples:
        named = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
        yield f"{measure.name}{f'{{{named}}}' if named else ''} {number:g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
