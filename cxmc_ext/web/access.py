"""The access check before every view: denied by default, and no answer reveals what exists."""

from collections.abc import Callable, Collection, Mapping

from flask import Response, abort, request

from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import Right, User
from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.shared import audit, rate_limit
from cxmc_ext.web import csrf, errors, forms, htmx
from cxmc_ext.web.i18n import localizer_for_reader
from cxmc_ext.web.login import login_response
from cxmc_ext.web.presentation import render
from cxmc_ext.web.request_context import RequestContext, set_current
from cxmc_ext.web.routes import Route


def make_access_check(
    services: Services, routes: Mapping[str, Route], public_endpoints: Collection[str]
) -> Callable[[], Response | None]:
    """Creates the blueprint's `before_request` function.

    Args:
        services: The services of this app.
        routes: Every route by endpoint. An endpoint in neither `routes` nor `public_endpoints` is 404.
        public_endpoints: Endpoints that need no login.

    Returns:
        A function that returns None to let the request through, or the response that ends it: 401
        without a login, 404 without the right or the campaign, 400 or 403 for a forged form, 413 for an
        oversized body, 429 for too many presses.
    """

    def check() -> Response | None:
        endpoint = (request.endpoint or "").rpartition(".")[2]
        if endpoint in public_endpoints:
            return None
        route = routes.get(endpoint)
        return _authorize(services, route) if route else refuse(services, 404)

    return check


def refuse(services: Services, status: int) -> Response:
    """Refuses a request: a message inside the page for htmx, otherwise the Host's own error page."""
    if not htmx.is_fragment(request):
        abort(status)
    return render.gone_fragment(localizer_for_reader(services), status)


def _authorize(services: Services, route: Route) -> Response | None:
    if request.method == "POST" and forms.is_too_large(request):
        return refuse(services, 413)
    user = services.host.current_user()
    if user is None:
        return _without_login(services)
    account_services = services.for_current_request()
    if account_services is None:
        return refuse(services, 404)
    viewer = Viewer(user, account_services.host.rights(user.id))
    context = _build_context(account_services, viewer, route.right)
    if context is None:
        return _deny(account_services, user, route, 404)
    set_current(context)
    return _check_press(context, route) if request.method == "POST" else None


def _without_login(services: Services) -> Response:
    if htmx.is_fragment(request):
        return refuse(services, 401)
    return errors.kept_form_response(services, 401) or login_response(services.host)


def _check_press(context: RequestContext, route: Route) -> Response | None:
    """Accepts a form that we rendered, unless its user presses too often.

    Raises:
        Invalid: A text of the form cannot be stored.
    """
    forgery_status = _forgery_status(context.viewer.user)
    if forgery_status:
        kept = errors.kept_form_response(context.services, forgery_status)
        if kept is None:
            return _deny(context.services, context.viewer.user, route, forgery_status)
        audit.log_denied(context.services, context.viewer.user, route.rule, forgery_status)
        return kept
    if route.is_press and not rate_limit.within_rate_limit(context.services, context.viewer.user):
        return errors.too_many_presses(context.services, rate_limit.WINDOW_SECONDS)
    unreadable = forms.unreadable_fields(request.form) if route.reads_text else {}
    if unreadable:
        raise Invalid(unreadable)
    return None


def _deny(services: Services, user: User, route: Route, status: int) -> Response:
    audit.log_denied(services, user, route.rule, status)
    return refuse(services, status)


def _build_context(services: Services, viewer: Viewer, right: Right) -> RequestContext | None:
    """Returns None if the right, the module or the campaign is missing; the answer is the same."""
    if right not in viewer.rights:
        return None
    campaign_ref = (request.view_args or {}).get("ref")
    localizer = localizer_for_reader(services)
    nonce = forms.read_nonce(request.form) if request.method == "POST" else ""
    if campaign_ref is None:
        return RequestContext(services, viewer, localizer, Press(viewer.user, nonce))
    if not is_storable(campaign_ref):
        return None
    campaign = services.host.campaign(campaign_ref, viewer.user.id)
    rows = tab_screen.load_rows(services, campaign.ref) if campaign else None
    if campaign is None or rows is None:
        return None
    press = Press(viewer.user, nonce, campaign.ref)
    return RequestContext(services, viewer, localizer, press, campaign, rows)


def _forgery_status(user: User) -> int:
    """Returns the status that refuses a form of another site, or 0 for a form of ours."""
    if not csrf.is_same_origin(request):
        return 403
    return 0 if csrf.is_off_in_tests() or csrf.is_token_valid(request, user.id) else 400
