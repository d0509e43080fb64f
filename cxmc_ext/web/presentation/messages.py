"""From a reason to sentences a person can read: what is so, MailChimp's own words, what to do."""

from dataclasses import dataclass

from cxmc_ext.domain.messages.lookup import MESSAGES
from cxmc_ext.domain.problems import Message, Problem
from cxmc_ext.web.i18n import Localizer


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """One reason, said; `link` is an https address or nothing."""

    text: str
    detail: str = ""
    remedy: str = ""
    link: str = ""


class _Values(dict[str, str]):
    """A reason stored by an older version may lack a value: its place stays empty."""

    def __missing__(self, name: str) -> str:
        return ""


def render_message(speaker: Localizer, why: Problem) -> RenderedMessage:
    return fill_in(speaker, MESSAGES.get(why.code, MESSAGES["unexpected"]), why)


def fill_in(speaker: Localizer, words: Message, why: Problem) -> RenderedMessage:
    values = _Values(why.values)
    return RenderedMessage(
        text=speaker.gettext(words.text) % values,
        detail=why.detail,
        remedy=speaker.gettext(words.remedy) % values if words.remedy else "",
        link=words.link if words.link.startswith("https://") else "",
    )
