"""`GET /metrics` for Prometheus; disabled unless `CXMC_METRICS_TOKEN` is set."""

from collections.abc import Callable, Iterator

from flask import Response, abort, request

from cxmc_ext.services import Services
from cxmc_ext.usecases.admin.metrics import Metric, collect
from cxmc_ext.web.public.bearer import has_token

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def make_view(services: Services) -> Callable[[], Response]:
    """Creates the view. It answers 404 without `Authorization: Bearer <token>`, as if it did not exist."""

    def view() -> Response:
        if not has_token(request, services.settings.metrics_token):
            abort(404)
        lines = [line for metric in collect(services) for line in _lines(metric)]
        return Response("\n".join(lines) + "\n", content_type=_CONTENT_TYPE)

    return view


def _lines(metric: Metric) -> Iterator[str]:
    """Writes a metric in Prometheus' text format."""
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} gauge"
    for labels, value in metric.samples:
        pairs = ",".join(f'{name}="{_escape(text)}"' for name, text in labels.items())
        yield f"{metric.name}{f'{{{pairs}}}' if pairs else ''} {value:g}"


def _escape(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
