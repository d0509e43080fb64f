"""What the host's own pages show of us: Jinja globals that return finished pieces of HTML."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import abort, request
from markupsafe import Markup

from cxmc_ext.domain.values import PersonRef, Right, User
from cxmc_ext.services import Services
from cxmc_ext.usecases import screens, screens_activities, screens_people
from cxmc_ext.usecases.screens_activities import Timeline
from cxmc_ext.usecases.screens_values import Viewer
from cxmc_ext.web import forms, labels, render
from cxmc_ext.web.activation import block_html
from cxmc_ext.web.i18n import speaker
from cxmc_ext.web.panels import panel_html, shown
from cxmc_ext.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's one status in a campaign; prints as its word, `name` is for styling."""

    name: str
    word: str

    def __str__(self) -> str:
        return self.word


def slots(services: Services) -> Mapping[str, Callable[..., Any]]:
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
    visit = _visit(services, str(campaign_ref))
    if visit is None:
        abort(404)
    operation = forms.whole(request.args.get("cxmc_op"))
    return _piece(visit, panel_html(visit, shown(visit, operation)))


def cxmc_tab_visible(services: Services, campaign_ref: object) -> bool:
    return _visit(services, str(campaign_ref)) is not None


def cxmc_enabled(services: Services) -> bool:
    here = services.here()
    return here is not None and screens.enabled(here)


def cxmc_settings(services: Services) -> Markup:
    """The block of the Settings page; nothing for who may not activate."""
    visit = _somebody(services)
    if Right.ACTIVATE not in visit.viewer.rights:
        return Markup("")
    return _piece(visit, block_html(visit))


def cxmc_activities(services: Services, person: object) -> Markup:
    """A person's MailChimp activities, newest first; the host decides who sees the page.

    :param person: one of the host's own objects, or a PersonRef.
    """
    ref = person if isinstance(person, PersonRef) else services.host.person_ref(person)
    return _timeline(services, partial(screens_activities.of_person, ref=ref))


def cxmc_campaign_activities(services: Services, campaign_ref: object) -> Markup:
    of_campaign = partial(screens_activities.of_campaign, campaign_ref=str(campaign_ref))
    return _timeline(services, of_campaign)


def cxmc_statuses(
    services: Services, campaign_ref: object, refs: Collection[PersonRef]
) -> Mapping[PersonRef, Standing]:
    """The one status of each person the campaign was made with; empty before that."""
    words, here = speaker(services), services.here()
    found = screens.look(here, str(campaign_ref)) if here else None
    told = screens_people.standings(services, found, refs)
    return {
        ref: Standing(f"left {reason}", words.say(labels.REASONS[reason]))
        if reason
        else Standing(status.name.lower(), words.say(labels.STATUSES[status]))
        for ref, (reason, status) in told.items()
    }


def cxmc_toasts(services: Services) -> Markup:
    """The corner where messages appear; once per page, best in the host's base template."""
    visit = _somebody(services)
    return _piece(visit, render.markup(visit, "_toasts.html", toasts=render.toasts()))


def _timeline(services: Services, read: Callable[..., Timeline]) -> Markup:
    if not cxmc_enabled(services):
        return Markup("")
    visit = _somebody(services)
    asked = {name: request.args.get(f"cxmc_{name}", "") for name in ("before", "kind")}
    found = read(visit.services, **asked, viewer=visit.viewer)
    html = render.markup(
        visit,
        "_timeline.html",
        timeline=found,
        path=request.path,
        later="cxmc_before" in request.args,
    )
    return _piece(visit, html)


def _visit(services: Services, campaign_ref: str) -> Visit | None:
    visit = _somebody(services)
    if Right.TAB not in visit.viewer.rights:
        return None
    here = visit.services
    campaign = here.host.campaign(campaign_ref, visit.viewer.user.id)
    found = screens.look(here, campaign.ref) if campaign else None
    if campaign is None or found is None:
        return None
    return Visit(here, visit.viewer, visit.speaker, campaign, found)


def _somebody(services: Services) -> Visit:
    """Nobody logged in, and who belongs to no tenant, is somebody without rights."""
    user, here = services.host.current_user(), services.here()
    rights = here.host.rights(user.id) if user and here else frozenset[Right]()
    viewer = Viewer(user or User("", ""), rights)
    return Visit(here or services, viewer, speaker(services))


def _piece(visit: Visit, html: str) -> Markup:
    return render.assets(visit) + render.piece(html)
