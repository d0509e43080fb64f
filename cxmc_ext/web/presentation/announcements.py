"""What the tab tells screen readers when it is replaced, each change once."""

from collections.abc import Mapping

from flask import request

from cxmc_ext.usecases.screens.form import FormScreen
from cxmc_ext.usecases.screens.mailing_states import (
    AttentionScreen,
    CancelledScreen,
    InMailChimpScreen,
    NotReadyScreen,
)
from cxmc_ext.usecases.screens.progress import ProgressScreen, stage_at
from cxmc_ext.usecases.screens.report import ReportScreen
from cxmc_ext.usecases.screens.scheduled import ScheduledScreen
from cxmc_ext.usecases.screens.tab import TabState
from cxmc_ext.web import forms, htmx
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.messages import render_message

_STATE_ANNOUNCEMENTS: Mapping[type, str] = {
    NotReadyScreen: N_("The campaign is not ready to be sent"),
    AttentionScreen: N_("The campaign needs your attention"),
    ScheduledScreen: N_("The campaign is scheduled"),
    InMailChimpScreen: N_("The campaign is ready in MailChimp"),
    CancelledScreen: N_("The campaign was cancelled in MailChimp"),
    ReportScreen: N_("The campaign was sent"),
    FormScreen: N_("The form is ready"),
}


def announcement(localizer: Localizer, state: TabState) -> dict[str, str]:
    """Returns the text for the live region: how far an operation is, or its end.

    A notice in a panel that is not replaced every two seconds needs none: screen readers read it anyway.
    """
    screen = state.screen
    if isinstance(screen, ProgressScreen):
        text = _progress_text(localizer, screen)
        return {htmx.ANNOUNCE: text} if text else {}
    ended_text = _STATE_ANNOUNCEMENTS.get(type(screen))
    is_poll = "v" in request.args
    if state.ended_operation or not ended_text or not is_poll:
        return {}
    return {htmx.ANNOUNCE: localizer.gettext(ended_text)}


def _progress_text(localizer: Localizer, screen: ProgressScreen) -> str:
    """What is new since the panel before; the address of this request says what that one showed."""
    texts = []
    if screen.held_up_by and "held" not in request.args:
        texts.append(render_message(localizer, screen.held_up_by).text)
    if screen.late and "late" not in request.args:
        since = localizer.time(screen.started_at)
        late = N_("This is taking longer than usual (since %(time)s).")
        texts.append(localizer.gettext(late, time=since))
    previous_stage = stage_at(forms.parse_int(request.args.get("seen")) or 0)
    if screen.stage and screen.stage != previous_stage:
        texts.append(localizer.gettext(labels.STAGES[screen.stage - 1]))
    return " ".join(texts)
