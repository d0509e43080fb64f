"""Records what recipients do with a mail, and keeps the totals of the reports up to date.

`Campaign.totals` has these names: opens, unique_opens, proxy_opens, unique_human_opens, last_open, clicks,
unique_clicks (per link and person), clickers, last_click, hard and soft (bounces), unsubscribed, abuse.

Each repeated open or click is an event of its own, also within the same second, which is the resolution of
MailChimp's times. A member's `last_changed` is the moment of the reaction that changed the status.
"""

from typing import NamedTuple

from cxmc_ext.standin.models import Account, Campaign, Json, Link
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.state import State

# The address of an image proxy, and that of a person.
PROXY_IP = "66.249.93.34"
HUMAN_IP = "83.85.12.7"
# Most opens, and most clicks, that are recorded per recipient.
MAX_EVENTS = 1000
HOUR = 3600
# The hourly totals cover the first day.
HOURLY_PERIOD = 86_400
HARD_BOUNCE, SOFT_BOUNCE = "hard", "soft"
_UNIQUE_OPENS, _CLICKERS = 0, 1
# The reason that MailChimp gives for a spam complaint.
ABUSE = "abuse"


class End(NamedTuple):
    """How a reaction ends the subscription: the new status, when, and the person's reason."""

    status: str
    moment: int
    reason: str = ""


def record_open(campaign: Campaign, member_id: str, moment: int, proxy: bool = False) -> bool:
    """Records that a recipient, or a proxy on the recipient's behalf, opened the mail.

    Returns:
        Whether anything was recorded.
    """
    recipient = campaign.recipients[member_id]
    event: Json = {"action": "open", "timestamp": moment, "ip": PROXY_IP if proxy else HUMAN_IP}
    if recipient.opens >= MAX_EVENTS:
        return False
    recipient.activity.append(event)
    is_first = not recipient.opens
    is_first_human = not proxy and recipient.opens == recipient.proxy_opens
    _increase(campaign, "opens")
    _increase(campaign, "unique_opens", is_first)
    _increase(campaign, "proxy_opens", proxy)
    _increase(campaign, "unique_human_opens", is_first_human)
    _increase_hour(campaign, moment, _UNIQUE_OPENS, is_first)
    _set_latest(campaign, "last_open", moment)
    recipient.opens += 1
    recipient.proxy_opens += proxy
    recipient.last_open = max(recipient.last_open, moment)
    return True


def record_click(campaign: Campaign, member_id: str, url: str, moment: int) -> bool:
    """Records that a recipient clicked a link.

    Returns:
        Whether anything was recorded.
    """
    recipient = campaign.recipients[member_id]
    event: Json = {"action": "click", "timestamp": moment, "url": url, "ip": HUMAN_IP}
    if recipient.clicks >= MAX_EVENTS:
        return False
    recipient.activity.append(event)
    link = campaign.links.setdefault(url, Link(f"{campaign.id}{len(campaign.links):02x}", url))
    _increase(campaign, "clicks")
    _increase(campaign, "unique_clicks", member_id not in link.clicks_by_member)
    _increase(campaign, "clickers", not recipient.clicks)
    _increase_hour(campaign, moment, _CLICKERS, not recipient.clicks)
    _set_latest(campaign, "last_click", moment)
    link.total_clicks += 1
    link.clicks_by_member[member_id] = link.clicks_by_member.get(member_id, 0) + 1
    link.last_click = max(link.last_click, moment)
    recipient.clicks += 1
    return True


def record_bounce(
    state: State, account: Account, campaign: Campaign, member_id: str, kind: str, moment: int
) -> bool:
    """Records the first bounce of a recipient; a hard one also cleans the member.

    Args:
        state: The stand-in's state.
        account: The campaign's account.
        campaign: A sent campaign.
        member_id: The recipient.
        kind: `HARD_BOUNCE` or `SOFT_BOUNCE`.
        moment: When it happened.

    Returns:
        Whether anything was recorded.
    """
    recipient = campaign.recipients[member_id]
    if recipient.bounce:
        return False
    recipient.bounce = kind
    recipient.activity.append({"action": "bounce", "type": kind, "timestamp": moment})
    _increase(campaign, kind)
    if kind == HARD_BOUNCE:
        end = End("cleaned", moment)
        _end_subscription(state, account, campaign, member_id, end)
    return True


def record_unsubscribe(
    state: State, account: Account, campaign: Campaign, member_id: str, reason: str, moment: int
) -> bool:
    """Records that a recipient unsubscribed through the link in the mail.

    Args:
        state: The stand-in's state.
        account: The campaign's account.
        campaign: A sent campaign.
        member_id: The recipient.
        reason: The person's words.
        moment: When it happened.

    Returns:
        Whether anything was recorded.
    """
    recipient = campaign.recipients[member_id]
    if recipient.unsubscribed_at:
        return False
    recipient.unsubscribed_at, recipient.unsubscribe_reason = moment, reason
    _increase(campaign, "unsubscribed")
    end = End("unsubscribed", moment, reason)
    _end_subscription(state, account, campaign, member_id, end)
    return True


def record_complaint(
    state: State, account: Account, campaign: Campaign, member_id: str, moment: int
) -> bool:
    """Records that a recipient marked the mail as spam.

    It ends the subscription with the status that `Switches.complaint_status` says. One that unsubscribes
    is also in the report's list of unsubscribes.

    Args:
        state: The stand-in's state.
        account: The campaign's account.
        campaign: A sent campaign.
        member_id: The recipient.
        moment: When it happened.

    Returns:
        Whether anything was recorded.
    """
    recipient = campaign.recipients[member_id]
    if recipient.complained_at:
        return False
    recipient.complained_at, recipient.complaint_id = moment, state.new_number()
    _increase(campaign, "abuse")
    status = state.switches.complaint_status
    if status == "unsubscribed" and not recipient.unsubscribed_at:
        recipient.unsubscribed_at, recipient.unsubscribe_reason = moment, ABUSE
        _increase(campaign, "unsubscribed")
    _end_subscription(state, account, campaign, member_id, End(status, moment, ABUSE))
    return True


def _end_subscription(
    state: State,
    account: Account,
    campaign: Campaign,
    member_id: str,
    end: End,
) -> None:
    audience = account.lists.get(campaign.list_id)
    member = membership.current_member(audience, member_id) if audience else None
    if audience and member and member.status == "subscribed":
        membership.set_status(
            state, audience, member, end.status, "user", campaign, end.reason, end.moment
        )


def _increase(campaign: Campaign, name: str, happened: bool = True) -> None:
    campaign.totals[name] = campaign.totals.get(name, 0) + happened


def _set_latest(campaign: Campaign, name: str, moment: int) -> None:
    campaign.totals[name] = max(campaign.totals.get(name, 0), moment)


def _increase_hour(campaign: Campaign, moment: int, column: int, is_first: bool) -> None:
    if is_first and 0 <= moment - campaign.send_time < HOURLY_PERIOD:
        hour = (moment - campaign.send_time) // HOUR
        campaign.hourly_totals.setdefault(str(hour), [0, 0])[column] += 1
