"""From a problem to the message a person reads: what happened, MailChimp's own text, what to do."""

from dataclasses import dataclass

from cxmc_ext.domain.messages.lookup import MESSAGES, fill_in
from cxmc_ext.domain.problems import Problem
from cxmc_ext.web.i18n import Localizer


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message in the reader's language; `link` is an https address or empty."""

    text: str
    detail: str = ""
    remedy: str = ""
    link: str = ""


def render_message(localizer: Localizer, problem: Problem) -> RenderedMessage:
    """Returns the message of a problem; an unknown code gets the message “unexpected”."""
    message = MESSAGES.get(problem.code, MESSAGES["unexpected"])
    return RenderedMessage(
        text=fill_in(localizer.gettext(message.text), problem),
        detail=problem.detail,
        remedy=fill_in(localizer.gettext(message.remedy), problem) if message.remedy else "",
        link=message.link if message.link.startswith("https://") else "",
    )
