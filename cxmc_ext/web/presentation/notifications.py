"""Writes notifications in the language of their reader."""

from cxmc_ext.config import Settings
from cxmc_ext.domain.notifications import (
    CampaignClicks,
    NotificationFacts,
    NotificationKind,
    NotificationText,
)
from cxmc_ext.domain.problems import Problem
from cxmc_ext.web.i18n import N_, NN_, Localizer, localizer_for_language
from cxmc_ext.web.presentation.messages import render_message

_SENT = NN_("“%(title)s” was sent to %(n)s person", "“%(title)s” was sent to %(n)s people")
_CLICKED = NN_(
    "%(people)s clicked yesterday in %(n)s campaign",
    "%(people)s clicked yesterday in %(n)s campaigns",
)
_PEOPLE = NN_("%(n)s person", "%(n)s people")
_CLICKERS = N_("“%(title)s”: %(names)s")
_CLICKERS_AND_OTHERS = NN_(
    "“%(title)s”: %(names)s and %(n)s other", "“%(title)s”: %(names)s and %(n)s others"
)
_UNNAMED_CLICKERS = NN_("“%(title)s”: %(n)s person", "“%(title)s”: %(n)s people")
_MORE_CAMPAIGNS = NN_("And %(n)s other campaign", "And %(n)s other campaigns")
_TITLES = {
    NotificationKind.FAILED: N_("“%(title)s” was not sent"),
    NotificationKind.NEEDS_ATTENTION: N_("“%(title)s” needs your attention"),
    NotificationKind.KEY_REFUSED: N_("MailChimp refuses the API key"),
    NotificationKind.ACCOUNT_DISABLED: N_("MailChimp has deactivated the account"),
}
_PROBLEMS = {
    NotificationKind.KEY_REFUSED: (Problem("key_refused"),),
    NotificationKind.ACCOUNT_DISABLED: (Problem("account_disabled"),),
}


def render_notification(
    settings: Settings, facts: NotificationFacts, language: str
) -> NotificationText:
    """Writes a notification.

    Args:
        settings: The settings of the app.
        facts: What happened.
        language: The language of the reader; "" or one without translations means CXMC_LOCALE.
    """
    localizer = localizer_for_language(language, settings)
    if facts.kind is NotificationKind.SENT:
        title = localizer.ngettext(*_SENT, facts.recipients, title=facts.campaign_title)
        return NotificationText(title, localizer.gettext(N_("Its report is updated by itself.")))
    if facts.kind is NotificationKind.DAILY_CLICKS:
        return _clicks_text(localizer, facts)
    title = localizer.gettext(_TITLES[facts.kind], title=facts.campaign_title)
    problems = _PROBLEMS.get(facts.kind, facts.problems)
    return NotificationText(title, "\n".join(_problem_text(localizer, each) for each in problems))


def _clicks_text(localizer: Localizer, facts: NotificationFacts) -> NotificationText:
    people = localizer.ngettext(*_PEOPLE, facts.recipients)
    lines = [_campaign_line(localizer, each) for each in facts.clicks]
    others = facts.campaigns - len(facts.clicks)
    if others:
        lines.append(localizer.ngettext(*_MORE_CAMPAIGNS, others))
    title = localizer.ngettext(*_CLICKED, facts.campaigns, people=people)
    return NotificationText(title, "\n".join(lines))


def _campaign_line(localizer: Localizer, clicks: CampaignClicks) -> str:
    names, others = ", ".join(clicks.names), clicks.people - len(clicks.names)
    if not names:
        return localizer.ngettext(*_UNNAMED_CLICKERS, clicks.people, title=clicks.title)
    if others > 0:
        return localizer.ngettext(*_CLICKERS_AND_OTHERS, others, title=clicks.title, names=names)
    return localizer.gettext(_CLICKERS, title=clicks.title, names=names)


def _problem_text(localizer: Localizer, problem: Problem) -> str:
    message = render_message(localizer, problem)
    return " ".join(part for part in (message.text, message.detail, message.remedy) if part)
