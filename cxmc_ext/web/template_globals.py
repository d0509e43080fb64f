"""The Jinja globals `cxmc_…`, with which the Host's own pages show parts of the extension."""

import logging
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import abort, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonRef, Right, User
from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import overview as overview_screen
from cxmc_ext.usecases.screens import recipients as recipients_screen
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens import timeline
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.screens.timeline import Timeline
from cxmc_ext.usecases.shared.error_places import describe_error
from cxmc_ext.usecases.shared.savepoints import savepoint
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import N_, default_localizer, localizer_for_reader
from cxmc_ext.web.pages.activation import render_block
from cxmc_ext.web.presentation import labels, render
from cxmc_ext.web.presentation.host_facts import CampaignFacts, PersonStatus, campaign_facts
from cxmc_ext.web.presentation.panels import render_panel, tab_state
from cxmc_ext.web.request_context import RequestContext

CANNOT_BE_SHOWN = N_(
    "MailChimp cannot be shown here at the moment. Give your administrator the reference"
    " %(reference)s."
)
# The viewer that the parts of one page share.
_VIEWER = "cxmc.viewer"

_log = logging.getLogger(__name__)


def jinja_globals(services: Services) -> Mapping[str, Callable[..., Any]]:
    """Returns every global by its name, bound to the services of the app."""
    fallbacks: Mapping[Callable[..., Any], Callable[[str], object]] = {
        cxmc_tab: _failure_notice,
        cxmc_tab_visible: lambda _: False,
        cxmc_enabled: lambda _: False,
        cxmc_settings: _failure_notice,
        cxmc_activities: _failure_notice,
        cxmc_campaign_activities: _failure_notice,
        cxmc_statuses: lambda _: {},
        cxmc_campaigns: lambda _: {},
        cxmc_overview_url: lambda _: "",
        cxmc_toasts: lambda _: Markup(""),
    }
    return {
        function.__name__: partial(_call_safely, services, function, fallback)
        for function, fallback in fallbacks.items()
    }


def cxmc_tab(services: Services, campaign_ref: object) -> Markup:
    """Renders the whole MailChimp tab of a campaign.

    Args:
        services: Bound by `jinja_globals`.
        campaign_ref: The Host's reference of the campaign.

    Raises:
        NotFound: There is no such campaign, the user lacks the right, or MailChimp is deactivated.
    """
    context = _campaign_context(services, str(campaign_ref))
    if context is None:
        abort(404)
    operation_id = forms.parse_int(request.args.get("cxmc_op"))
    return _with_assets(context, render_panel(context, tab_state(context, operation_id)))


def cxmc_tab_visible(services: Services, campaign_ref: object) -> bool:
    """Whether `cxmc_tab` would show the campaign to the current user."""
    return _campaign_context(services, str(campaign_ref)) is not None


def cxmc_enabled(services: Services) -> bool:
    """Whether MailChimp is activated for the account of this request."""
    account_services = services.for_current_request()
    return account_services is not None and tab_screen.is_enabled(account_services)


def cxmc_settings(services: Services) -> Markup:
    """Renders the block for the Host's settings page; empty without the right to activate."""
    context = _viewer_context(services)
    if Right.ACTIVATE not in context.viewer.rights:
        return Markup("")
    return _with_assets(context, render_block(context))


def cxmc_activities(services: Services, person: object) -> Markup:
    """Renders a person's MailChimp events, newest first. The Host decides who sees the page.

    Args:
        services: Bound by `jinja_globals`.
        person: One of the Host's own person objects, or a `PersonRef`.
    """
    ref = person if isinstance(person, PersonRef) else services.host.person_ref(person)
    return _render_timeline(services, partial(timeline.person_timeline, ref=ref))


def cxmc_campaign_activities(services: Services, campaign_ref: object) -> Markup:
    """Renders the MailChimp events of all people of a campaign, newest first.

    Empty for a user who may not see the campaign.
    """
    return _render_timeline(
        services, partial(timeline.campaign_timeline, campaign_ref=str(campaign_ref))
    )


def cxmc_statuses(
    services: Services, campaign_ref: object, refs: Collection[PersonRef]
) -> Mapping[PersonRef, PersonStatus]:
    """Returns the status of each of the given people; empty before the campaign is created.

    Args:
        services: Bound by `jinja_globals`.
        campaign_ref: The Host's reference of the campaign.
        refs: The people to look up. People who are not recipients are missing in the result, and so is
            everybody for a user who may not see the campaign.
    """
    context, ref = _viewer_context(services), str(campaign_ref)
    localizer = context.localizer
    campaign = _visible_campaign(context, ref)
    rows = tab_screen.load_rows(context.services, ref) if campaign else None
    is_reported = rows is not None and recipients_screen.is_reported(rows.mailing)
    statuses = recipients_screen.person_statuses(services, rows, refs)
    return {
        ref: PersonStatus(f"left {reason}", localizer.gettext(labels.EXCLUSION_REASONS[reason]))
        if reason
        else PersonStatus(status.name.lower(), labels.status_label(localizer, status, is_reported))
        for ref, (reason, status) in statuses.items()
    }


def cxmc_campaigns(services: Services, refs: Collection[object]) -> Mapping[str, CampaignFacts]:
    """Returns what your own list may show of campaigns: state, date, recipients, rates. Makes one query.

    Args:
        services: Bound by `jinja_globals`.
        refs: `Campaign.ref` of the campaigns of one page, at most 1,000. Those without anything to show are
            missing in the result, and so are all for a user without the right to see the tab.
    """
    context = _viewer_context(services)
    if Right.TAB not in context.viewer.rights:
        return {}
    wanted = [str(ref) for ref in refs if is_storable(str(ref))]
    lines = overview_screen.campaign_lines(context.services, context.viewer, wanted)
    return {ref: campaign_facts(context.localizer, line) for ref, line in lines.items()}


def cxmc_overview_url(services: Services) -> str:
    """Returns the URL of the campaign overview; "" for a user who may not see it."""
    context = _viewer_context(services)
    if Right.TAB not in context.viewer.rights or not tab_screen.is_enabled(context.services):
        return ""
    return url_for("cxmc.overview")


def cxmc_toasts(services: Services) -> Markup:
    """Renders the corner where toasts appear. Use it once per page, in the Host's base template."""
    context = _viewer_context(services)
    return _with_assets(
        context, render.render_html(context, "_toasts.html", toasts=render.pop_toasts())
    )


def _render_timeline(services: Services, read_page: Callable[..., Timeline | None]) -> Markup:
    if not cxmc_enabled(services):
        return Markup("")
    context = _viewer_context(services)
    parameters = {name: request.args.get(f"cxmc_{name}", "") for name in ("before", "kind")}
    page = read_page(context.services, **parameters, viewer=context.viewer)
    if page is None:
        return Markup("")
    html = render.render_html(
        context,
        "_timeline.html",
        timeline=page,
        path=request.script_root + request.path,
        is_later_page="cxmc_before" in request.args,
    )
    return _with_assets(context, html)


def _campaign_context(services: Services, campaign_ref: str) -> RequestContext | None:
    context = _viewer_context(services)
    if Right.TAB not in context.viewer.rights:
        return None
    campaign = _visible_campaign(context, campaign_ref)
    rows = tab_screen.load_rows(context.services, campaign.ref) if campaign else None
    if campaign is None or rows is None:
        return None
    press = Press(context.viewer.user, campaign_ref=campaign.ref)
    return replace(context, press=press, campaign=campaign, rows=rows)


def _visible_campaign(context: RequestContext, campaign_ref: str) -> Campaign | None:
    if not is_storable(campaign_ref):
        return None
    return context.viewer.campaign(context.services.host, campaign_ref)


def _viewer_context(services: Services) -> RequestContext:
    """Without a login, or without an account, the viewer is an anonymous user without rights.

    The parts of one page share the viewer, so that the Host is asked once about each campaign.
    """
    user, account_services = services.host.current_user(), services.for_current_request()
    rights = (
        account_services.host.rights(user.id) if user and account_services else frozenset[Right]()
    )
    viewer = _shared_viewer(Viewer(user or User("", ""), rights))
    localizer = localizer_for_reader(services)
    return RequestContext(account_services or services, viewer, localizer, Press(viewer.user))


def _shared_viewer(viewer: Viewer) -> Viewer:
    """The equal viewer of another part of the same page, with what the Host told about campaigns."""
    earlier: Viewer | None = request.environ.get(_VIEWER)
    if earlier != viewer:
        request.environ[_VIEWER] = earlier = viewer
    return earlier


def _call_safely(
    services: Services,
    function: Callable[..., Any],
    fallback: Callable[[str], object],
    *arguments: Any,
) -> object:
    """Calls a global; whatever fails in it is logged, and the Host's page is shown without it.

    Raises:
        HTTPException: The global answers the request itself, as `cxmc_tab` does for a missing campaign.
    """
    try:
        with savepoint(services.session()):
            return function(services, *arguments)
    except HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - the page belongs to the Host
        reference = secrets.token_hex(4)
        _log.error("Reference %s: %s: %s", reference, function.__name__, describe_error(error))
        localizer = default_localizer(services)
        return fallback(localizer.gettext(CANNOT_BE_SHOWN, reference=reference))


def _failure_notice(text: str) -> Markup:
    return Markup('<p class="cxmc-hint" role="status">{}</p>').format(text)


def _with_assets(context: RequestContext, html: str) -> Markup:
    return render.assets_html(context) + render.trusted_html(html)
