"""What recipients do with a mail, and the running totals the reports are made of.

A second open or click of the same person in the same second is the same event: the service's grain.
"""

from cxmc_ext.standin import membership
from cxmc_ext.standin.model import Account, Campaign, Json, Link, Outcome
from cxmc_ext.standin.state import State

PROXY_IP = "66.249.93.34"
HUMAN_IP = "83.85.12.7"
MOST = 1000
SERIES = 86_400
HARD, SOFT = "hard", "soft"


def opened(campaign: Campaign, member_id: str, moment: int, proxy: bool = False) -> bool:
    """False when nothing was recorded."""
    outcome = campaign.recipients[member_id]
    event: Json = {"action": "open", "timestamp": moment, "ip": PROXY_IP if proxy else HUMAN_IP}
    if outcome.opens >= MOST or _known(outcome, event):
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


def clicked(campaign: Campaign, member_id: str, url: str, moment: int) -> bool:
    outcome = campaign.recipients[member_id]
    event: Json = {"action": "click", "timestamp": moment, "url": url, "ip": HUMAN_IP}
    if outcome.clicks >= MOST or _known(outcome, event):
        return False
    outcome.activity.append(event)
    link = campaign.links.setdefault(url, Link(f"{campaign.id}{len(campaign.links):02x}", url))
    _count(campaign, "clicks")
    _count(campaign, "unique_clicks", member_id not in link.members)
    _count(campaign, "clickers", not outcome.clicks)
    _hour(campaign, moment, 1, not outcome.clicks)
    link.total += 1
    link.members[member_id] = link.members.get(member_id, 0) + 1
    link.last = max(link.last, moment)
    outcome.clicks += 1
    _latest(campaign, "last_click", moment)
    return True


def bounced(
    state: State, account: Account, campaign: Campaign, member_id: str, kind: str, moment: int
) -> bool:
    """Only the first bounce counts; a hard one cleans the member."""
    outcome = campaign.recipients[member_id]
    if outcome.bounce:
        return False
    outcome.bounce = kind
    outcome.activity.append({"action": "bounce", "type": kind, "timestamp": moment})
    _count(campaign, kind)
    if kind == HARD:
        _leave(state, account, campaign, member_id, "cleaned")
    return True


def unsubscribed(
    state: State, account: Account, campaign: Campaign, member_id: str, reason: str, moment: int
) -> bool:
    outcome = campaign.recipients[member_id]
    if outcome.unsubscribed:
        return False
    outcome.unsubscribed, outcome.reason = moment, reason
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


def _known(outcome: Outcome, event: Json) -> bool:
    keys = ("action", "timestamp", "url")
    wanted = [event.get(key) for key in keys]
    return any([each.get(key) for key in keys] == wanted for each in outcome.activity)


def _count(campaign: Campaign, name: str, happened: bool = True) -> None:
    campaign.tally[name] = campaign.tally.get(name, 0) + happened


def _latest(campaign: Campaign, name: str, moment: int) -> None:
    campaign.tally[name] = max(campaign.tally.get(name, 0), moment)


def _hour(campaign: Campaign, moment: int, column: int, first: bool) -> None:
    """The hourly series covers the first day."""
    if first and 0 <= moment - campaign.send_time < SERIES:
        hour = (moment - campaign.send_time) // 3600
        campaign.hours.setdefault(str(hour), [0, 0])[column] += 1
