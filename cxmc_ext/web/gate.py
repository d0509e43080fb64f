"""The one gate before every address: deny by default, and the same answer for no right and no such thing."""

from collections.abc import Callable, Collection, Mapping

from flask import Request, Response, abort, request

from cxmc_ext.domain.values import Right, User
from cxmc_ext.services import Services
from cxmc_ext.usecases import audit, rates, screens
from cxmc_ext.usecases.screens_values import Viewer
from cxmc_ext.web import csrf, htmx, render, trouble
from cxmc_ext.web.i18n import speaker
from cxmc_ext.web.routes import Route
from cxmc_ext.web.visit import Visit, begin

LARGEST_BODY = 64 * 1024


def gate(
    services: Services, table: Mapping[str, Route], public: Collection[str]
) -> Callable[[], Response | None]:
    """What runs before each view of the blueprint; an answer of its own ends the request."""

    def check() -> Response | None:
        name = (request.endpoint or "").rpartition(".")[2]
        if name in public:
            return None
        route = table.get(name)
        return _enter(services, route) if route else refuse(services, 404)

    return check


def refuse(services: Services, status: int) -> Response:
    """A sentence inside a page that stays; the host's own error page otherwise."""
    if not htmx.is_fragment(request):
        abort(status)
    return render.gone(speaker(services), status)


def _enter(services: Services, route: Route) -> Response | None:
    if request.method == "POST" and too_large(request):
        return refuse(services, 413)
    user = services.host.current_user()
    if user is None:
        return refuse(services, 401)
    here = services.here()
    viewer = Viewer(user, here.host.rights(user.id)) if here else None
    visit = _visit(here, viewer, route.right) if here and viewer else None
    if visit is None:
        return _denied(here, user, route, 404) if here else refuse(services, 404)
    begin(visit)
    return _press(visit, route) if request.method == "POST" else None


def _press(visit: Visit, route: Route) -> Response | None:
    """A form of ours, and not too many of them from one user."""
    refused = _forged(visit.viewer.user)
    if refused:
        return _denied(visit.services, visit.viewer.user, route, refused)
    if route.is_press and not rates.may_press(visit.services, visit.viewer.user):
        return trouble.too_often(visit.services, rates.SPAN)
    return None


def _denied(services: Services, user: User, route: Route, status: int) -> Response:
    audit.denied(services, user, route.name, status)
    return refuse(services, status)


def _visit(services: Services, viewer: Viewer, right: Right) -> Visit | None:
    """None where the right, the module or the campaign is missing; which of them is not told."""
    if right not in viewer.rights:
        return None
    ref = (request.view_args or {}).get("ref")
    if ref is None:
        return Visit(services, viewer, speaker(services))
    if "\0" in ref:  # PostgreSQL knows no such text
        return None
    campaign = services.host.campaign(ref, viewer.user.id)
    found = screens.look(services, campaign.ref) if campaign else None
    if campaign is None or found is None:
        return None
    return Visit(services, viewer, speaker(services), campaign, found)


def too_large(given: Request) -> bool:
    """A body that comes without its length is not read either."""
    if given.content_length is None:
        return "Transfer-Encoding" in given.headers
    return given.content_length > LARGEST_BODY


def _forged(user: User) -> int:
    """Status to refuse a form with that another site made, 0 for one of ours."""
    if not csrf.same_origin(request):
        return 403
    return 0 if csrf.host_checks() or csrf.token_fits(request, user.id) else 400
