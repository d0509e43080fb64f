"""Notifications: what users are told, through the Host, in their own language."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.domain.people import Right
from cxmc_ext.domain.problems import Problem


class NotificationKind(StrEnum):
    """What a notification is about."""

    SENT = "sent"
    """A campaign was sent."""
    FAILED = "failed"
    """A campaign was not sent; the form is there again."""
    NEEDS_ATTENTION = "needs_attention"
    """A campaign is not ready, or somebody must decide what to do."""
    KEY_REFUSED = "key_refused"
    """MailChimp refuses the API key, so nothing is sent or read."""
    ACCOUNT_DISABLED = "account_disabled"
    """MailChimp has deactivated the account, or the user of the key, so nothing is sent or read."""
    DAILY_CLICKS = "daily_clicks"
    """Once a day: who clicked the day before in the user's campaigns. None without a click."""


NOTIFICATION_OF_NOTICE = {
    NoticeKind.SENT: NotificationKind.SENT,
    NoticeKind.FAILED: NotificationKind.FAILED,
    NoticeKind.NEEDS_ATTENTION: NotificationKind.NEEDS_ATTENTION,
    NoticeKind.KEY_REFUSED: NotificationKind.KEY_REFUSED,
    NoticeKind.ACCOUNT_DISABLED: NotificationKind.ACCOUNT_DISABLED,
    NoticeKind.DAILY_CLICKS: NotificationKind.DAILY_CLICKS,
}


@dataclass(frozen=True, slots=True)
class NotificationText:
    """The text of a notification, plain and in one language.

    Attributes:
        title: One line, without a full stop.
        body: What to do; "" where there is nothing to do.
    """

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class CampaignClicks:
    """How many people clicked in a campaign within a day, and the names of the first."""

    title: str
    people: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotificationFacts:
    """What the text of a notification is made of."""

    kind: NotificationKind
    campaign_title: str = ""
    recipients: int = 0
    problems: tuple[Problem, ...] = ()
    clicks: tuple[CampaignClicks, ...] = ()
    """The campaigns that most people clicked in."""
    campaigns: int = 0
    """In how many campaigns people clicked."""


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that users should know.

    Attributes:
        kind: What it is about.
        id: The same for a repeat of the same notification, at most 40 characters.
        at: When it happened, in Unix seconds.
        account_ref: The account; "default" in a CRM with one.
        user_id: `User.id` of the user it is for; None: everybody who has `right`.
        right: The right that those users have.
        campaign_ref: The campaign it is about, if any; its page is `Host.tab_url(campaign_ref)`. Of several
            campaigns it is the one in which most people clicked.
    """

    kind: NotificationKind
    id: str
    at: int
    account_ref: str
    user_id: str | None
    right: Right
    campaign_ref: str | None
    _render: Callable[[str], NotificationText] = field(repr=False, compare=False)

    def text(self, language: str = "") -> NotificationText:
        """Returns the text in a language such as "en", "nl" or "nl-BE".

        Args:
            language: The language of the user; "" or one without translations means CXMC_LOCALE.
        """
        return self._render(language)
