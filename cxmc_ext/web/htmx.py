"""The only module that knows htmx: its request headers, and what its answers carry."""

import json

from flask import Request, Response
from htmx_flask.requests import HtmxHeaders

ANNOUNCE = "cxmc:announce"
"""Event with a sentence for the live region."""
TOAST = "cxmc:toast"
"""Event with a sentence for the lower right corner."""


def is_fragment(request: Request) -> bool:
    """True where htmx asks for a piece of a page; a restored history entry is a whole page."""
    asked = HtmxHeaders(request.headers)
    return bool(asked) and not asked.history_restore_request


def retarget_panel(response: Response) -> Response:
    """The answer takes the place of the panel, whatever part of it was asked for."""
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#cxmc-tab", "outerHTML"
    return response


def trigger_events(response: Response, events: dict[str, str]) -> Response:
    """Lets the page act on events once the answer has arrived; the header is plain ASCII."""
    if events:
        response.headers["HX-Trigger"] = json.dumps(events)
    return response
