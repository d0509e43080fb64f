"""The panel of a campaign: which partial shows a state, how often it asks again, what is said aloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens import templates as templates_screen
from cxmc_ext.usecases.screens.connection import NotConnectedScreen, SettingsScreen
from cxmc_ext.usecases.screens.form import FormScreen, ReadinessItem, SendForm
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
from cxmc_ext.web.presentation.chart import build_chart
from cxmc_ext.web.presentation.confirmations import SendConfirmations
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


def tab_state(visit: RequestContext, operation_id: int | None = None) -> TabState:
    floor = forms.parse_int(request.args.get("seen")) or 0
    return tab_screen.tab_state(
        visit.services,
        visit.viewer,
        visit.campaign,
        visit.rows,
        operation_id=operation_id,
        min_percent=floor,
    )


def render_panel(
    visit: RequestContext, now_shown: TabState, extra: PanelExtras = PanelExtras()
) -> str:
    screen = now_shown.screen
    return render_html(
        visit,
        "_panel.html",
        screen=screen,
        partial=f"cxmc/{_PARTIALS[type(screen)]}",
        poll=_poll(visit, now_shown),
        notices=[*extra.notices, *_outcome_notices(visit.localizer, now_shown)],
        errors=_errors(visit.localizer, now_shown, extra),
        form=extra.form or getattr(screen, "form", None),
        quarter_hours=forms.QUARTER_HOURS,
        send_confirmations=SendConfirmations(visit.localizer),
        template_choices=_template_choices(screen, extra),
        build_chart=lambda: build_chart(screen.hours) if isinstance(screen, ReportScreen) else None,
        readiness_text=lambda item: readiness_text(visit.localizer, item),
        event_label=lambda kind: labels.event_label(visit.localizer, kind),
        send_mode=visit.services.settings.send_mode,
    )


def panel_response(
    visit: RequestContext,
    now_shown: TabState,
    extra: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    """The panel alone, for a page that is there already."""
    events = {htmx.TOAST: extra.toast} if extra.toast else _announcement(visit.localizer, now_shown)
    return html_response(render_panel(visit, now_shown, extra), status, events)


def campaign_page(
    visit: RequestContext,
    now_shown: TabState,
    extra: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    html = render_panel(visit, now_shown, extra)
    return page_response(visit, visit.campaign.title, html, status, crumb=True)


def panel_or_page(
    visit: RequestContext,
    now_shown: TabState,
    extra: PanelExtras = PanelExtras(),
    status: int = 200,
) -> Response:
    """The panel for htmx, a whole page for everybody else."""
    make = panel_response if htmx.is_fragment(request) else campaign_page
    return make(visit, now_shown, extra, status)


def extras_for_problem(visit: RequestContext, why: Problem) -> PanelExtras:
    return PanelExtras((Notice("bad", render_message(visit.localizer, why)),))


def readiness_text(speaker: Localizer, line: ReadinessItem) -> str:
    values = dict(line.values)
    if "n" in values:
        return speaker.ngettext(*labels.READINESS_COUNTS[line.code], int(values["n"]))
    return speaker.gettext(labels.READINESS[line.code].text) % values


def _poll(visit: RequestContext, now_shown: TabState) -> Poll | None:
    """The first look comes after a second, then every two; settled screens follow slowly or not."""
    screen, asked = now_shown.screen, {"v": now_shown.version}
    if isinstance(screen, ProgressScreen):
        again = request.endpoint == "cxmc.panel"
        asked |= {"op": str(screen.operation_id), "seen": str(screen.percent)}
        asked |= {"late": "1"} if screen.late else {}
        return Poll(_panel_url(visit, asked), _PENDING_POLL if again else _FIRST_POLL)
    seconds = _poll_seconds(screen)
    return Poll(_panel_url(visit, asked), seconds) if seconds else None


def _poll_seconds(screen: Screen) -> int:
    """Seconds between two looks at a screen that changes by itself, 0 for one that does not."""
    if isinstance(screen, ReportScreen):
        return _PENDING_POLL if screen.updating else 0 if screen.sent else _SENDING_POLL
    return _SETTLED_POLL if isinstance(screen, ScheduledScreen | InMailChimpScreen) else 0


def _panel_url(visit: RequestContext, asked: Mapping[str, Any]) -> str:
    return url_for("cxmc.panel", ref=visit.campaign.ref, **asked)


def _outcome_notices(speaker: Localizer, now_shown: TabState) -> list[Notice]:
    outcome = now_shown.ended_operation
    if outcome is None or isinstance(now_shown.screen, SettingsScreen):
        return []
    if outcome.state is OperationState.DONE:
        return [Notice("good", RenderedMessage(speaker.gettext(labels.OUTCOMES[outcome.kind])))]
    return [Notice("bad", render_message(speaker, why)) for why in outcome.problems]


def _template_choices(screen: Screen, extra: PanelExtras) -> TemplateChoices | None:
    if not isinstance(screen, FormScreen):
        return None
    typed = extra.form or screen.form
    return templates_screen.search_templates(
        screen.templates, typed.template_search, typed.template_id
    )


def _errors(
    speaker: Localizer, now_shown: TabState, extra: PanelExtras
) -> dict[str, RenderedMessage]:
    """Errors by field; a key that was tried and refused has its error beside the key."""
    found = {forms.FIELD_BY_ERROR.get(name, name): why for name, why in extra.errors.items()}
    outcome = now_shown.ended_operation
    if isinstance(now_shown.screen, SettingsScreen) and outcome and outcome.problems:
        found["key"] = outcome.problems[0]
    return {name: render_message(speaker, why) for name, why in found.items()}


def _announcement(speaker: Localizer, now_shown: TabState) -> dict[str, str]:
    """For the live region: the next stage, or the end. A notice in the panel speaks for itself."""
    screen = now_shown.screen
    if isinstance(screen, ProgressScreen):
        return _progress_announcement(speaker, screen)
    if now_shown.ended_operation:
        return {}
    said = _STATE_ANNOUNCEMENTS.get(type(screen))
    return {htmx.ANNOUNCE: speaker.gettext(said)} if said and "v" in request.args else {}


def _progress_announcement(speaker: Localizer, screen: ProgressScreen) -> dict[str, str]:
    """A panel that comes anew every two seconds says what is new in it, once."""
    if screen.late and "late" not in request.args:
        since = speaker.time(screen.started_at)
        late = N_("This is taking longer than usual (since %(time)s).")
        return {htmx.ANNOUNCE: speaker.gettext(late, time=since)}
    before = stage_at(forms.parse_int(request.args.get("seen")) or 0)
    if not screen.stage or before == screen.stage:
        return {}
    return {htmx.ANNOUNCE: speaker.gettext(labels.STAGES[screen.stage - 1])}


def respond_to_press(visit: RequestContext, operation_id: int | None) -> Response:
    """The answer to a press: the panel that follows it, or the way back to the tab."""
    if htmx.is_fragment(request):
        fresh = reload(visit)
        return panel_response(fresh, tab_state(fresh, operation_id))
    home = visit.services.host.tab_url(visit.campaign.ref)
    mark = urlencode({"cxmc_op": operation_id}) if operation_id else ""
    joint = "&" if "?" in home else "?"
    return redirect_to(f"{home}{joint}{mark}" if mark else home)


def reload(visit: RequestContext) -> RequestContext:
    """The visit with the rows as they are after what it changed."""
    found = tab_screen.load_rows(visit.services, visit.campaign.ref) or visit.rows
    return RequestContext(visit.services, visit.viewer, visit.localizer, visit.campaign, found)


def conflict_response(visit: RequestContext, error: Conflict) -> Response:
    fresh = reload(visit)
    return panel_or_page(fresh, tab_state(fresh), extras_for_problem(visit, error.problem), 409)
