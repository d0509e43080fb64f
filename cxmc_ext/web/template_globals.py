"""What the host's own pages show of us: Jinja globals that return finished pieces of HTML."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
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
    """A person's one status in a campaign; prints as its word, `name` is for styling."""

    name: str
    label: str

    def __str__(self) -> str:
        return self.label


def jinja_globals(services: Services) -> Mapping[str, Callable[..., Any]]:
    """Every global by its name; the host's README explains each in one line."""
    made = (
        cxmc_tab,
        cxmc_tab_visible,
        cxmc_enabled,
        cxmc_settings,
        cxmc_activities,
        cxmc_campaign_activities,
        cxmc_statuses,
        cxmc_toasts,
    )
    return {slot.__name__: partial(slot, services) for slot in made}


def cxmc_tab(services: Services, campaign_ref: object) -> Markup:
    """The whole tab. 404 for a campaign, a right or a module that is not there."""
    context = _campaign_context(services, str(campaign_ref))
    if context is None:
        abort(404)
    operation = forms.parse_int(request.args.get("cxmc_op"))
    return _with_assets(context, render_panel(context, tab_state(context, operation)))


def cxmc_tab_visible(services: Services, campaign_ref: object) -> bool:
    return _campaign_context(services, str(campaign_ref)) is not None


def cxmc_enabled(services: Services) -> bool:
    here = services.for_current_request()
    return here is not None and tab_screen.is_enabled(here)


def cxmc_settings(services: Services) -> Markup:
    """The block of the Settings page; nothing for who may not activate."""
    context = _viewer_context(services)
    if Right.ACTIVATE not in context.viewer.rights:
        return Markup("")
    return _with_assets(context, render_block(context))


def cxmc_activities(services: Services, person: object) -> Markup:
    """A person's MailChimp activities, newest first; the host decides who sees the page.

    :param person: one of the host's own objects, or a PersonRef.
    """
    ref = person if isinstance(person, PersonRef) else services.host.person_ref(person)
    return _render_timeline(services, partial(timeline.person_timeline, ref=ref))


def cxmc_campaign_activities(services: Services, campaign_ref: object) -> Markup:
    of_campaign = partial(timeline.campaign_timeline, campaign_ref=str(campaign_ref))
    return _render_timeline(services, of_campaign)


def cxmc_statuses(
    services: Services, campaign_ref: object, refs: Collection[PersonRef]
) -> Mapping[PersonRef, PersonStatus]:
    """The one status of each person the campaign was made with; empty before that."""
    words, here = localizer_for_reader(services), services.for_current_request()
    found = tab_screen.load_rows(here, str(campaign_ref)) if here else None
    told = recipients_screen.person_statuses(services, found, refs)
    return {
        ref: PersonStatus(f"left {reason}", words.gettext(labels.EXCLUSION_REASONS[reason]))
        if reason
        else PersonStatus(status.name.lower(), words.gettext(labels.STATUSES[status]))
        for ref, (reason, status) in told.items()
    }


def cxmc_toasts(services: Services) -> Markup:
    """The corner where messages appear; once per page, best in the host's base template."""
    context = _viewer_context(services)
    return _with_assets(
        context, render.render_html(context, "_toasts.html", toasts=render.pop_toasts())
    )


def _render_timeline(services: Services, read: Callable[..., Timeline]) -> Markup:
    if not cxmc_enabled(services):
        return Markup("")
    context = _viewer_context(services)
    asked = {name: request.args.get(f"cxmc_{name}", "") for name in ("before", "kind")}
    found = read(context.services, **asked, viewer=context.viewer)
    html = render.render_html(
        context,
        "_timeline.html",
        timeline=found,
        path=request.path,
        is_later_page="cxmc_before" in request.args,
    )
    return _with_assets(context, html)


def _campaign_context(services: Services, campaign_ref: str) -> RequestContext | None:
    context = _viewer_context(services)
    if Right.TAB not in context.viewer.rights:
        return None
    here = context.services
    campaign = here.host.campaign(campaign_ref, context.viewer.user.id)
    rows = tab_screen.load_rows(here, campaign.ref) if campaign else None
    if campaign is None or rows is None:
        return None
    press = Press(context.viewer.user, campaign_ref=campaign.ref)
    return RequestContext(here, context.viewer, context.localizer, press, campaign, rows)


def _viewer_context(services: Services) -> RequestContext:
    """Nobody logged in, and who belongs to no tenant, is somebody without rights."""
    user, here = services.host.current_user(), services.for_current_request()
    rights = here.host.rights(user.id) if user and here else frozenset[Right]()
    viewer = Viewer(user or User("", ""), rights)
    localizer = localizer_for_reader(services)
    return RequestContext(here or services, viewer, localizer, Press(viewer.user))


def _with_assets(context: RequestContext, html: str) -> Markup:
    return render.assets_html(context) + render.trusted_html(html)
