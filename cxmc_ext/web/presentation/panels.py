"""The panel of a campaign: which partial shows a state, how often it asks again, what is said aloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens import templates as templates_screen
from cxmc_ext.usecases.screens.connection import NotConnectedScreen, SettingsScreen
from cxmc_ext.usecases.screens.form import FormScreen, SendForm
from cxmc_ext.usecases.screens.mailing_states import (
    AttentionScreen,
    CancelledScreen,
    InMailChimpScreen,
    NotReadyScreen,
    ScheduledScreen,
)
from cxmc_ext.usecases.screens.progress import ProgressScreen, stage_at
from cxmc_ext.usecases.screens.report import ReportScreen
from cxmc_ext.usecases.screens.tab import Screen, TabState
from cxmc_ext.usecases.screens.templates import TemplateChoices
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.chart import Chart, build_chart
from cxmc_ext.web.presentation.messages import RenderedMessage, render_message
from cxmc_ext.web.presentation.render import html_response, page_response, redirect_to, render_html
from cxmc_ext.web.request_context import RequestContext

_PARTIALS: Mapping[type, str] = {
    NotConnectedScreen: "_not_connected.html",
    SettingsScreen: "_settings.html",
    FormScreen: "_form.html",
    ProgressScreen: "_progress.html",
    NotReadyScreen: "_not_ready.html",
    AttentionScreen: "_attention.html",
    ScheduledScreen: "_scheduled.html",
    InMailChimpScreen: "_in_mailchimp.html",
    CancelledScreen: "_cancelled.html",
    ReportScreen: "_report.html",
}


_STATE_ANNOUNCEMENTS: Mapping[type, str] = {
    NotReadyScreen: N_("The campaign is not ready to be sent"),
    AttentionScreen: N_("The campaign needs your attention"),
    ScheduledScreen: N_("The campaign is scheduled"),
    InMailChimpScreen: N_("The campaign is ready in MailChimp"),
    CancelledScreen: N_("The campaign was cancelled in MailChimp"),
    ReportScreen: N_("The campaign was sent"),
    FormScreen: N_("The form is ready"),
}


_FIRST_POLL, _PENDING_POLL, _SENDING_POLL, _SETTLED_POLL = 1, 2, 5, 15


@dataclass(frozen=True, slots=True)
class Notice:
    """A message above the panel; `tone` is good, bad or info."""

    tone: str
    message: RenderedMessage


@dataclass(frozen=True, slots=True)
class PanelExtras:
    """What an action adds to the screen: messages, errors beside fields, what was typed."""

    notices: Sequence[Notice] = ()
    errors: Mapping[str, Problem] = field(default_factory=dict)
    form: SendForm | None = None
    toast: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """Where and how often the panel asks again."""

    url: str
    seconds: int


def tab_state(context: RequestContext, operation_id: int | None = None) -> TabState:
    """Returns what the tab shows now.

    Args:
        context: The request; its query parameter `seen` is the progress already shown.
        operation_id: An account operation that the page follows.
    """
    return tab_screen.tab_state(
        context.services,
        context.viewer,
        context.campaign,
        context.rows,
        operation_id=operation_id,
        min_percent=forms.parse_int(request.args.get("seen")) or 0,
    )


@dataclass(frozen=True, slots=True)
class Panel:
    """What `_panel.html` and the partial of its state use."""

    screen: Screen
    partial: str
    poll: Poll | None
    notices: Sequence[Notice]
    errors: Mapping[str, RenderedMessage]
    form: SendForm | None
    template_choices: TemplateChoices | None
    chart: Chart | None
    send_mode: str


def render_panel(
    context: RequestContext, state: TabState, extras: PanelExtras = PanelExtras()
) -> str:
    screen = state.screen
    panel = Panel(
        screen=screen,
        partial=f"cxmc/{_PARTIALS[type(screen)]}",
        poll=_poll(context, state),
        notices=[*extras.notices, *_outcome_notices(context.localizer, state)],
        errors=_rendered_errors(context.localizer, state, extras),
        form=extras.form or getattr(screen, "form", None),
        template_choices=_template_choices(screen, extras),
        chart=build_chart(screen.hours) if isinstance(screen, ReportScreen) else None,
        send_mode=context.services.settings.send_mode,
    )
    values = {field.name: getattr(panel, field.name) for field in fields(panel)}
    return render_html(context, "_panel.html", **values)


def panel_response(
    context: RequestContext,
    state: TabState,
    extras: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    """The panel alone, for a page that is there already."""
    events = {htmx.TOAST: extras.toast} if extras.toast else _announcement(context.localizer, state)
    return html_response(render_panel(context, state, extras), status, events)


def campaign_page(
    context: RequestContext,
    state: TabState,
    extras: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    html = render_panel(context, state, extras)
    return page_response(context, context.campaign.title, html, status, crumb=True)


def panel_or_page(
    context: RequestContext,
    state: TabState,
    extras: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    """The panel for htmx, a whole page for everybody else."""
    make = panel_response if htmx.is_fragment(request) else campaign_page
    return make(context, state, extras, status)


def extras_for_problem(context: RequestContext, why: Problem) -> PanelExtras:
    return PanelExtras((Notice("bad", render_message(context.localizer, why)),))


def _poll(context: RequestContext, state: TabState) -> Poll | None:
    """The first look comes after a second, then every two; settled screens follow slowly or not."""
    screen, asked = state.screen, {"v": state.version}
    if isinstance(screen, ProgressScreen):
        again = request.endpoint == "cxmc.panel"
        asked |= {"op": str(screen.operation_id), "seen": str(screen.percent)}
        asked |= {"late": "1"} if screen.late else {}
        return Poll(_panel_url(context, asked), _PENDING_POLL if again else _FIRST_POLL)
    seconds = _poll_seconds(screen)
    return Poll(_panel_url(context, asked), seconds) if seconds else None


def _poll_seconds(screen: Screen) -> int:
    """Seconds between two looks at a screen that changes by itself, 0 for one that does not."""
    if isinstance(screen, ReportScreen):
        return _PENDING_POLL if screen.updating else 0 if screen.sent else _SENDING_POLL
    return _SETTLED_POLL if isinstance(screen, ScheduledScreen | InMailChimpScreen) else 0


def _panel_url(context: RequestContext, asked: Mapping[str, Any]) -> str:
    return url_for("cxmc.panel", ref=context.campaign.ref, **asked)


def _outcome_notices(localizer: Localizer, state: TabState) -> list[Notice]:
    outcome = state.ended_operation
    if outcome is None or isinstance(state.screen, SettingsScreen):
        return []
    if outcome.state is OperationState.DONE:
        return [Notice("good", RenderedMessage(localizer.gettext(labels.OUTCOMES[outcome.kind])))]
    return [Notice("bad", render_message(localizer, why)) for why in outcome.problems]


def _template_choices(screen: Screen, extras: PanelExtras) -> TemplateChoices | None:
    if not isinstance(screen, FormScreen):
        return None
    typed = extras.form or screen.form
    return templates_screen.search_templates(
        screen.templates, typed.template_search, typed.template_id
    )


def _rendered_errors(
    localizer: Localizer, state: TabState, extras: PanelExtras
) -> dict[str, RenderedMessage]:
    """Errors by field; a key that was tried and refused has its error beside the key."""
    found = {forms.FIELD_BY_ERROR.get(name, name): why for name, why in extras.errors.items()}
    outcome = state.ended_operation
    if isinstance(state.screen, SettingsScreen) and outcome and outcome.problems:
        found["key"] = outcome.problems[0]
    return {name: render_message(localizer, why) for name, why in found.items()}


def _announcement(localizer: Localizer, state: TabState) -> dict[str, str]:
    """For the live region: the next stage, or the end. A notice in the panel speaks for itself."""
    screen = state.screen
    if isinstance(screen, ProgressScreen):
        return _progress_announcement(localizer, screen)
    if state.ended_operation:
        return {}
    said = _STATE_ANNOUNCEMENTS.get(type(screen))
    return {htmx.ANNOUNCE: localizer.gettext(said)} if said and "v" in request.args else {}


def _progress_announcement(localizer: Localizer, screen: ProgressScreen) -> dict[str, str]:
    """A panel that comes anew every two seconds says what is new in it, once."""
    if screen.late and "late" not in request.args:
        since = localizer.time(screen.started_at)
        late = N_("This is taking longer than usual (since %(time)s).")
        return {htmx.ANNOUNCE: localizer.gettext(late, time=since)}
    before = stage_at(forms.parse_int(request.args.get("seen")) or 0)
    if not screen.stage or before == screen.stage:
        return {}
    return {htmx.ANNOUNCE: localizer.gettext(labels.STAGES[screen.stage - 1])}


def respond_to_press(context: RequestContext, operation_id: int | None) -> Response:
    """Answers a press that was accepted.

    Args:
        context: The request.
        operation_id: The operation to follow, or None.

    Returns:
        The panel for htmx, otherwise a redirect to the tab.
    """
    if htmx.is_fragment(request):
        reloaded = context.reload()
        return panel_response(reloaded, tab_state(reloaded, operation_id))
    tab_url = context.services.host.tab_url(context.campaign.ref)
    if not operation_id:
        return redirect_to(tab_url)
    separator = "&" if "?" in tab_url else "?"
    return redirect_to(f"{tab_url}{separator}{urlencode({'cxmc_op': operation_id})}")


def conflict_response(context: RequestContext, error: Conflict) -> Response:
    """Answers 409 with the panel as it is now and the reason above it."""
    reloaded = context.reload()
    extras = extras_for_problem(context, error.problem)
    return _in_place_of_panel(panel_or_page(reloaded, tab_state(reloaded), extras, 409))


def invalid_response(context: RequestContext, error: Invalid) -> Response:
    """Answers 422 with the errors next to their fields and everything typed as it was."""
    form = forms.read_send_form(request.form) if "subject" in request.form else None
    extras = PanelExtras(errors=error.fields, form=form)
    return _in_place_of_panel(panel_or_page(context, tab_state(context), extras, 422))


def _in_place_of_panel(response: Response) -> Response:
    """With htmx the answer replaces the panel, whatever part of it the request was for."""
    return htmx.retarget_panel(response) if htmx.is_fragment(request) else response
