"""What recipients do with a mail, and the running totals the reports are made of.

A second open or click of the same person in the same second is the same event: the service's grain.
"""

from cxmc_ext.standin.models import Account, Campaign, CampaignRecipient, Json, Link
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.state import State

PROXY_IP = "66.249.93.34"
HUMAN_IP = "83.85.12.7"
MAX_EVENTS = 1000
HOURLY_PERIOD = 86_400
HARD_BOUNCE, SOFT_BOUNCE = "hard", "soft"


def record_open(campaign: Campaign, member_id: str, moment: int, proxy: bool = False) -> bool:
    """False when nothing was recorded."""
    outcome = campaign.recipients[member_id]
    event: Json = {"action": "open", "timestamp": moment, "ip": PROXY_IP if proxy else HUMAN_IP}
    if outcome.opens >= MAX_EVENTS or _known(outcome, event):
        return False
    outcome.activity.append(event)
    _count(campaign, "opens")
    _count(campaign, "unique_opens", not outcome.opens)
    _count(campaign, "proxy_opens", proxy)
    _count(campaign, "human_unique", not proxy and outcome.opens == outcome.proxy_opens)
    _hour(campaign, moment, 0, not outcome.opens)
    outcome.opens += 1
    outcome.proxy_opens += proxy
    outcome.last_open = max(outcome.last_open, moment)
    _latest(campaign, "last_open", moment)
    return True


def record_click(campaign: Campaign, member_id: str, url: str, moment: int) -> bool:
    outcome = campaign.recipients[member_id]
    event: Json = {"action": "click", "timestamp": moment, "url": url, "ip": HUMAN_IP}
    if outcome.clicks >= MAX_EVENTS or _known(outcome, event):
        return False
    outcome.activity.append(event)
    link = campaign.links.setdefault(url, Link(f"{campaign.id}{len(campaign.links):02x}", url))
    _count(campaign, "clicks")
    _count(campaign, "unique_clicks", member_id not in link.clicks_by_member)
    _count(campaign, "clickers", not outcome.clicks)
    _hour(campaign, moment, 1, not outcome.clicks)
    link.total_clicks += 1
    link.clicks_by_member[member_id] = link.clicks_by_member.get(member_id, 0) + 1
    link.last_click = max(link.last_click, moment)
    outcome.clicks += 1
    _latest(campaign, "last_click", moment)
    return True


def record_bounce(
    state: State, account: Account, campaign: Campaign, member_id: str, kind: str, moment: int
) -> bool:
    """Only the first bounce counts; a hard one cleans the member."""
    outcome = campaign.recipients[member_id]
    if outcome.bounce:
        return False
    outcome.bounce = kind
    outcome.activity.append({"action": "bounce", "type": kind, "timestamp": moment})
    _count(campaign, kind)
    if kind == HARD_BOUNCE:
        _leave(state, account, campaign, member_id, "cleaned")
    return True


def record_unsubscribe(
    state: State, account: Account, campaign: Campaign, member_id: str, reason: str, moment: int
) -> bool:
    outcome = campaign.recipients[member_id]
    if outcome.unsubscribed_at:
        return False
    outcome.unsubscribed_at, outcome.unsubscribe_reason = moment, reason
    _count(campaign, "unsubscribed")
    _count(campaign, "abuse", reason == "abuse")
    _leave(state, account, campaign, member_id, "unsubscribed", reason)
    return True


def _leave(
    state: State,
    account: Account,
    campaign: Campaign,
    member_id: str,
    status: str,
    reason: str = "",
) -> None:
    audience = account.lists.get(campaign.list_id)
    member = audience.members.get(member_id) if audience else None
    if audience and member and member.status == "subscribed":
        membership.set_status(state, audience, member, status, "user", campaign, reason)


def _known(outcome: CampaignRecipient, event: Json) -> bool:
    keys = ("action", "timestamp", "url")
    wanted = [event.get(key) for key in keys]
    return any([each.get(key) for key in keys] == wanted for each in outcome.activity)


def _count(campaign: Campaign, name: str, happened: bool = True) -> None:
    campaign.totals[name] = campaign.totals.get(name, 0) + happened


def _latest(campaign: Campaign, name: str, moment: int) -> None:
    campaign.totals[name] = max(campaign.totals.get(name, 0), moment)


def _hour(campaign: Campaign, moment: int, column: int, first: bool) -> None:
    """The hourly series covers the first day."""
    if first and 0 <= moment - campaign.send_time < HOURLY_PERIOD:
        hour = (moment - campaign.send_time) // 3600
        campaign.hourly_totals.setdefault(str(hour), [0, 0])[column] += 1
