"""htmx's request and response headers; no other module knows them."""

import json

from flask import Request, Response
from htmx_flask.requests import HtmxHeaders

# Event with a text for the live region, which screen readers read out.
ANNOUNCE = "cxmc:announce"
# Event with a text for a message in the lower right corner.
TOAST = "cxmc:toast"


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for part of a page.

    htmx also restores history entries it no longer has; these are whole pages.
    """
    headers = HtmxHeaders(request.headers)
    return bool(headers) and not headers.history_restore_request


def retarget_panel(response: Response) -> Response:
    """Makes the response replace the whole panel, whatever part of it the request was for."""
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#cxmc-tab", "outerHTML"
    return response


def trigger_events(response: Response, events: dict[str, str]) -> Response:
    """Triggers events in the page when the response arrives.

    Args:
        response: The response to change.
        events: A text by event name (`ANNOUNCE`, `TOAST`). JSON keeps the header plain ASCII.
    """
    if events:
        response.headers["HX-Trigger"] = json.dumps(events)
    return response
