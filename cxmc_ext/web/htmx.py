"""htmx's request and response headers; no other module knows them."""

import json

from flask import Request, Response
from htmx_flask.requests import HtmxHeaders
from markupsafe import Markup

# Event with a text for the live region, which screen readers read out.
ANNOUNCE = "cxmc:announce"
# Event with a text for a message in the lower right corner.
TOAST = "cxmc:toast"
# Attributes that htmx inherits from the Host's page and that would change what our elements do. Headers and
# values are not among them: the Host may send its own CSRF token in them. Nor is hx-request, for which htmx
# 2.0 fails on “unset” (observed 2026-11). Each of our elements with a request names its own target and swap.
_INHERITED = (
    "confirm disabled-elt encoding include indicator params prompt push-url replace-url select select-oob"
    " sync"
)
# For the root element of each of our parts; what they do is then the same in every page.
ISOLATION = Markup('hx-boost="false" ') + Markup(" ").join(
    Markup('hx-{}="unset"').format(name) for name in _INHERITED.split()
)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for part of a page.

    htmx also restores history entries it no longer has; these are whole pages.
    """
    headers = HtmxHeaders(request.headers)
    return bool(headers) and not headers.history_restore_request


def retarget(response: Response, target: str, swap: str) -> Response:
    """Makes the response go to another element than the request named.

    Args:
        response: The response to change.
        target: CSS selector of the element.
        swap: How the response replaces it, such as “outerHTML”.
    """
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = target, swap
    return response


def retarget_panel(response: Response) -> Response:
    """Makes the response replace the whole panel, whatever part of it the request was for."""
    return retarget(response, "#cxmc-tab", "outerHTML")


def open_page(url: str) -> Response:
    """Makes htmx open another page. `url` must come from the Host or `url_for`, never from the request."""
    return Response(headers={"HX-Redirect": url})


def trigger_events(response: Response, events: dict[str, str]) -> Response:
    """Triggers events in the page when the response arrives.

    Args:
        response: The response to change.
        events: A text by event name (`ANNOUNCE`, `TOAST`). JSON keeps the header plain ASCII.
    """
    if events:
        response.headers["HX-Trigger"] = json.dumps(events)
    return response
