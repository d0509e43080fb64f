"""The messages above a panel: how an operation ended, and that all sending is stopped."""

from dataclasses import dataclass

from cxmc_ext.domain.operations import OPERATION_SPECS, OperationState
from cxmc_ext.usecases.screens.connection import NotConnectedScreen, SettingsScreen
from cxmc_ext.usecases.screens.mailing_states import CancelledScreen
from cxmc_ext.usecases.screens.models import account_of
from cxmc_ext.usecases.screens.outcome import EndedOperation
from cxmc_ext.usecases.screens.report import ReportScreen
from cxmc_ext.usecases.screens.tab import Screen, TabState
from cxmc_ext.web.i18n import N_, Localizer
from cxmc_ext.web.presentation import labels
from cxmc_ext.web.presentation.messages import RenderedMessage, render_message
from cxmc_ext.web.request_context import RequestContext

STOP_REMEDY = N_(
    "No campaign and no test mail is sent from here. An administrator can allow it again in the control"
    " room."
)
_UNAFFECTED_BY_STOP = (ReportScreen, CancelledScreen, SettingsScreen, NotConnectedScreen)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message above the panel; `tone` is good, bad or info."""

    tone: str
    message: RenderedMessage


def stop_notices(context: RequestContext, screen: Screen) -> list[Notice]:
    """Says that all sending is stopped, where somebody might want to send or waits for a send."""
    account, localizer = account_of(context.rows), context.localizer
    at = account.sending_stopped_at
    if at is None or isinstance(screen, _UNAFFECTED_BY_STOP):
        return []
    text = labels.sending_stopped_text(localizer, at, account.sending_stopped_by)
    return [Notice("bad", RenderedMessage(text, remedy=localizer.gettext(STOP_REMEDY)))]


def outcome_notices(localizer: Localizer, state: TabState) -> list[Notice]:
    """Says how an operation on the account ended that the tab was following."""
    ended = state.ended_operation
    if ended is None or isinstance(state.screen, SettingsScreen):
        return []
    if ended.state is OperationState.DONE:
        return success_notices(localizer, ended)
    return [Notice("bad", render_message(localizer, problem)) for problem in ended.problems]


def success_notices(localizer: Localizer, ended: EndedOperation) -> list[Notice]:
    """Says that an operation on the account succeeded, and which opt-outs it found."""
    texts = [localizer.gettext(OPERATION_SPECS[ended.kind].success_text)]
    if ended.opt_outs_reported:
        texts.append(labels.imported_opt_outs_text(localizer, ended))
    return [Notice("good", RenderedMessage(text)) for text in texts]
