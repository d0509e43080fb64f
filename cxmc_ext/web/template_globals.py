"""The Jinja globals `cxmc_…`, with which the Host's own pages show parts of the extension."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import abort, request
from markupsafe import Markup

from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonRef, Right, User
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import recipients as recipients_screen
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens import timeline
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.screens.timeline import Timeline
from cxmc_ext.web import forms
from cxmc_ext.web.i18n import localizer_for_reader
from cxmc_ext.web.pages.activation import render_block
from cxmc_ext.web.presentation import labels, render
from cxmc_ext.web.presentation.panels import render_panel, tab_state
from cxmc_ext.web.request_context import RequestContext


@dataclass(frozen=True, slots=True)
class PersonStatus:
    """A person's status in a campaign. Prints as its translated label; `name` is for styling."""

    name: str
    label: str

    def __str__(self) -> str:
        return self.label


def jinja_globals(services: Services) -> Mapping[str, Callable[..., Any]]:
    """Returns every global by its name, bound to the services of the app."""
    functions = (
        cxmc_tab,
        cxmc_tab_visible,
        cxmc_enabled,
        cxmc_settings,
        cxmc_activities,
        cxmc_campaign_activities,
        cxmc_statuses,
        cxmc_toasts,
    )
    return {function.__name__: partial(function, services) for function in functions}


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
    """Renders the MailChimp events of all people of a campaign, newest first."""
    read_page = partial(timeline.campaign_timeline, campaign_ref=str(campaign_ref))
    return _render_timeline(services, read_page)


def cxmc_statuses(
    services: Services, campaign_ref: object, refs: Collection[PersonRef]
) -> Mapping[PersonRef, PersonStatus]:
    """Returns the status of each of the given people; empty before the campaign is created.

    Args:
        services: Bound by `jinja_globals`.
        campaign_ref: The Host's reference of the campaign.
        refs: The people to look up. People who are not recipients are missing in the result.
    """
    gettext = localizer_for_reader(services).gettext
    account_services = services.for_current_request()
    rows = tab_screen.load_rows(account_services, str(campaign_ref)) if account_services else None
    statuses = recipients_screen.person_statuses(services, rows, refs)
    return {
        ref: PersonStatus(f"left {reason}", gettext(labels.EXCLUSION_REASONS[reason]))
        if reason
        else PersonStatus(status.name.lower(), gettext(labels.STATUSES[status]))
        for ref, (reason, status) in statuses.items()
    }


def cxmc_toasts(services: Services) -> Markup:
    """Renders the corner where toasts appear. Use it once per page, in the Host's base template."""
    context = _viewer_context(services)
    return _with_assets(
        context, render.render_html(context, "_toasts.html", toasts=render.pop_toasts())
    )


def _render_timeline(services: Services, read_page: Callable[..., Timeline]) -> Markup:
    if not cxmc_enabled(services):
        return Markup("")
    context = _viewer_context(services)
    parameters = {name: request.args.get(f"cxmc_{name}", "") for name in ("before", "kind")}
    page = read_page(context.services, **parameters, viewer=context.viewer)
    html = render.render_html(
        context,
        "_timeline.html",
        timeline=page,
        path=request.path,
        is_later_page="cxmc_before" in request.args,
    )
    return _with_assets(context, html)


def _campaign_context(services: Services, campaign_ref: str) -> RequestContext | None:
    context = _viewer_context(services)
    if Right.TAB not in context.viewer.rights:
        return None
    campaign = context.services.host.campaign(campaign_ref, context.viewer.user.id)
    rows = tab_screen.load_rows(context.services, campaign.ref) if campaign else None
    if campaign is None or rows is None:
        return None
    press = Press(context.viewer.user, campaign_ref=campaign.ref)
    return replace(context, press=press, campaign=campaign, rows=rows)


def _viewer_context(services: Services) -> RequestContext:
    """Without a login, or without an account, the viewer is an anonymous user without rights."""
    user, account_services = services.host.current_user(), services.for_current_request()
    rights = (
        account_services.host.rights(user.id) if user and account_services else frozenset[Right]()
    )
    viewer = Viewer(user or User("", ""), rights)
    localizer = localizer_for_reader(services)
    return RequestContext(account_services or services, viewer, localizer, Press(viewer.user))


def _with_assets(context: RequestContext, html: str) -> Markup:
    return render.assets_html(context) + render.trusted_html(html)
