"""The panel of a campaign: the partial for its state, how often it polls, and what it announces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict, Invalid
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
)
from cxmc_ext.usecases.screens.progress import ProgressScreen
from cxmc_ext.usecases.screens.report import ReportScreen
from cxmc_ext.usecases.screens.scheduled import ScheduledScreen
from cxmc_ext.usecases.screens.tab import Screen, TabState
from cxmc_ext.usecases.screens.templates import TemplateChoices
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import Localizer
from cxmc_ext.web.presentation.announcements import announcement
from cxmc_ext.web.presentation.chart import Chart, build_chart
from cxmc_ext.web.presentation.messages import RenderedMessage, render_message
from cxmc_ext.web.presentation.panel_notices import Notice, outcome_notices, stop_notices
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

# Seconds between two polls.
_FIRST_POLL, _PENDING_POLL, _SENDING_POLL, _SETTLED_POLL = 1, 2, 5, 15


@dataclass(frozen=True, slots=True)
class PanelExtras:
    """What a press adds to the panel: notices, errors next to fields, and the form as typed."""

    notices: Sequence[Notice] = ()
    errors: Mapping[str, Problem] = field(default_factory=dict)
    form: SendForm | None = None
    draft_version: int | None = None
    """The version of the draft that the typed form knows, if that is not the saved one."""
    toast: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """Where and how often the panel asks for its next version."""

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
    sending_stopped: bool
    draft_version: int


def render_panel(
    context: RequestContext, state: TabState, extras: PanelExtras = PanelExtras()
) -> str:
    """Renders the panel of a state as HTML."""
    screen, stopped = state.screen, stop_notices(context, state.screen)
    panel = Panel(
        screen=screen,
        partial=f"cxmc/{_PARTIALS[type(screen)]}",
        poll=_poll(context, state),
        notices=[*stopped, *extras.notices, *outcome_notices(context.localizer, state)],
        errors=_rendered_errors(context.localizer, state, extras),
        form=extras.form or getattr(screen, "form", None),
        template_choices=_template_choices(screen, extras),
        chart=build_chart(screen.hours) if isinstance(screen, ReportScreen) else None,
        send_mode=context.services.settings.send_mode,
        sending_stopped=bool(stopped),
        draft_version=_draft_version(screen, extras),
    )
    values = {field.name: getattr(panel, field.name) for field in fields(panel)}
    return render_html(context, "_panel.html", **values)


def panel_response(
    context: RequestContext,
    state: TabState,
    extras: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    """Returns the panel alone, for a page that htmx already shows."""
    events = {htmx.TOAST: extras.toast} if extras.toast else announcement(context.localizer, state)
    return html_response(render_panel(context, state, extras), status, events)


def campaign_page(
    context: RequestContext,
    state: TabState,
    extras: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    """Answers with the panel inside the Host's page."""
    html = render_panel(context, state, extras)
    return page_response(context, context.campaign.title, html, status, crumb=True)


def panel_or_page(
    context: RequestContext,
    state: TabState,
    extras: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    """Returns the panel for htmx, otherwise a whole page."""
    make = panel_response if htmx.is_fragment(request) else campaign_page
    return make(context, state, extras, status)


def extras_for_problem(context: RequestContext, problem: Problem) -> PanelExtras:
    """The extras that show a problem as a red notice above the panel."""
    return PanelExtras((Notice("bad", render_message(context.localizer, problem)),))


def _poll(context: RequestContext, state: TabState) -> Poll | None:
    """Polls an operation after one second, then every two; settled states slowly or not at all."""
    screen, asked = state.screen, {"v": state.version}
    if isinstance(screen, ProgressScreen):
        again = request.endpoint == "cxmc.panel"
        asked |= {"op": str(screen.operation_id), "seen": str(screen.percent)}
        asked |= {"late": "1"} if screen.late else {}
        asked |= {"held": "1"} if screen.held_up_by else {}
        return Poll(_panel_url(context, asked), _PENDING_POLL if again else _FIRST_POLL)
    seconds = _poll_seconds(screen)
    return Poll(_panel_url(context, asked), seconds) if seconds else None


def _poll_seconds(screen: Screen) -> int:
    """Returns the seconds between two polls, 0 for a state that does not change by itself."""
    if isinstance(screen, ReportScreen):
        return _PENDING_POLL if screen.updating else 0 if screen.is_final else _SENDING_POLL
    return _SETTLED_POLL if isinstance(screen, ScheduledScreen | InMailChimpScreen) else 0


def _panel_url(context: RequestContext, asked: Mapping[str, Any]) -> str:
    return url_for("cxmc.panel", ref=context.campaign.ref, **asked)


def _draft_version(screen: Screen, extras: PanelExtras) -> int:
    if extras.draft_version is not None:
        return extras.draft_version
    return screen.draft_version if isinstance(screen, FormScreen) else 0


def _template_choices(screen: Screen, extras: PanelExtras) -> TemplateChoices | None:
    if not isinstance(screen, FormScreen):
        return None
    form = extras.form or screen.form
    return templates_screen.search_templates(
        screen.templates, form.template_search, form.template_id
    )


def _rendered_errors(
    localizer: Localizer, state: TabState, extras: PanelExtras
) -> dict[str, RenderedMessage]:
    """Returns errors by field; a key that MailChimp refused has its error next to the key."""
    problems = {
        forms.FIELD_BY_ERROR.get(name, name): problem for name, problem in extras.errors.items()
    }
    ended = state.ended_operation
    if isinstance(state.screen, SettingsScreen) and ended and ended.problems:
        problems["key"] = ended.problems[0]
    return {field: render_message(localizer, problem) for field, problem in problems.items()}


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
    extras = replace(extras_for_problem(context, error.problem), form=_typed_form())
    return _in_place_of_panel(panel_or_page(reloaded, tab_state(reloaded), extras, 409))


def invalid_response(context: RequestContext, error: Invalid) -> Response:
    """Answers 422 with the errors next to their fields and everything typed as it was."""
    reloaded = context.reload()
    version = forms.read_draft_version(request.form) if "draft" in error.fields else None
    extras = PanelExtras(errors=error.fields, form=_typed_form(), draft_version=version)
    return _in_place_of_panel(panel_or_page(reloaded, tab_state(reloaded), extras, 422))


def _typed_form() -> SendForm | None:
    """What was typed, if the request came from the form of the tab or of “Change time”."""
    is_form = not {"subject", "date"}.isdisjoint(request.form)
    return forms.read_send_form(request.form) if is_form else None


def _in_place_of_panel(response: Response) -> Response:
    """With htmx the answer replaces the panel, whatever part of it the request was for."""
    return htmx.retarget_panel(response) if htmx.is_fragment(request) else response
