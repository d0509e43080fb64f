"""The one gate before every address: deny by default, and the same answer for no right and no such thing."""

from collections.abc import Callable, Collection, Mapping

from flask import Response, abort, request

from cxmc_ext.domain.people import Right, User
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.shared import audit, rate_limit
from cxmc_ext.web import csrf, errors, htmx
from cxmc_ext.web.forms import is_too_large
from cxmc_ext.web.i18n import localizer_for_reader
from cxmc_ext.web.presentation import render
from cxmc_ext.web.request_context import RequestContext, set_current
from cxmc_ext.web.routes import Route


def make_access_check(
    services: Services, table: Mapping[str, Route], public: Collection[str]
) -> Callable[[], Response | None]:
    """What runs before each view of the blueprint; an answer of its own ends the request."""

    def check() -> Response | None:
        name = (request.endpoint or "").rpartition(".")[2]
        if name in public:
            return None
        route = table.get(name)
        return _authorize(services, route) if route else refuse(services, 404)

    return check


def refuse(services: Services, status: int) -> Response:
    """A sentence inside a page that stays; the host's own error page otherwise."""
    if not htmx.is_fragment(request):
        abort(status)
    return render.gone_fragment(localizer_for_reader(services), status)


def _authorize(services: Services, route: Route) -> Response | None:
    if request.method == "POST" and is_too_large(request):
        return refuse(services, 413)
    user = services.host.current_user()
    if user is None:
        return refuse(services, 401)
    here = services.for_current_request()
    viewer = Viewer(user, here.host.rights(user.id)) if here else None
    visit = _build_context(here, viewer, route.right) if here and viewer else None
    if visit is None:
        return _deny(here, user, route, 404) if here else refuse(services, 404)
    set_current(visit)
    return _check_press(visit, route) if request.method == "POST" else None


def _check_press(visit: RequestContext, route: Route) -> Response | None:
    """A form of ours, and not too many of them from one user."""
    refused = _forgery_status(visit.viewer.user)
    if refused:
        return _deny(visit.services, visit.viewer.user, route, refused)
    if route.is_press and not rate_limit.within_rate_limit(visit.services, visit.viewer.user):
        return errors.too_many_presses(visit.services, rate_limit.WINDOW_SECONDS)
    return None


def _deny(services: Services, user: User, route: Route, status: int) -> Response:
    audit.log_denied(services, user, route.endpoint, status)
    return refuse(services, status)


def _build_context(services: Services, viewer: Viewer, right: Right) -> RequestContext | None:
    """None where the right, the module or the campaign is missing; which of them is not told."""
    if right not in viewer.rights:
        return None
    ref = (request.view_args or {}).get("ref")
    if ref is None:
        return RequestContext(services, viewer, localizer_for_reader(services))
    if "\0" in ref:  # PostgreSQL knows no such text
        return None
    campaign = services.host.campaign(ref, viewer.user.id)
    found = tab_screen.load_rows(services, campaign.ref) if campaign else None
    if campaign is None or found is None:
        return None
    return RequestContext(services, viewer, localizer_for_reader(services), campaign, found)


def _forgery_status(user: User) -> int:
    """Status to refuse a form with that another site made, 0 for one of ours."""
    if not csrf.is_same_origin(request):
        return 403
    return 0 if csrf.is_checked_by_host() or csrf.is_token_valid(request, user.id) else 400
