"""Renders a problem as a message in the reader's language."""

from dataclasses import dataclass, replace

from cxmc_ext.domain.messages import lookup
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.readable_addresses import readable_domain
from cxmc_ext.web.i18n import Localizer


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """What happened, MailChimp's own words if any, what to do, and a link (https) or ""."""

    text: str
    detail: str = ""
    remedy: str = ""
    link: str = ""


# The values of problems that are counts: written as everywhere else, such as “9,640”.
_COUNTS = frozenset({"added", "count", "limit", "missing", "n", "total", "used"})
_DOMAIN = "domain"


def render_message(localizer: Localizer, problem: Problem) -> RenderedMessage:
    """Translates the message of a problem and fills in its values.

    Args:
        localizer: The language of the reader.
        problem: The problem. MailChimp's own words (`detail`) are not translated.
    """
    message = lookup.template_for(problem)
    problem = _with_written_values(localizer, problem)
    remedy = localizer.gettext(message.remedy) if message.remedy else ""
    return RenderedMessage(
        text=lookup.fill_in(localizer.gettext(message.text), problem),
        detail=problem.detail,
        remedy=lookup.fill_in(remedy, problem),
        link=message.link if message.link.startswith("https://") else "",
    )


def _with_written_values(localizer: Localizer, problem: Problem) -> Problem:
    values = {name: _written(localizer, name, value) for name, value in problem.values.items()}
    return replace(problem, values=values)


def _written(localizer: Localizer, name: str, value: str) -> str:
    if name in _COUNTS and value.isascii() and value.isdecimal():
        return localizer.number(int(value))
    return readable_domain(value) if name == _DOMAIN else value
