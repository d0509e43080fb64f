"""“Run a day”: simulated recipients bounce, open, click and unsubscribe.

Every event lies between the last run (at first: the time of sending) and now, with a resolution of one second
and in a believable order. No event is therefore in the future, and none appears before a moment up to which a
client has already read. In a short period events are close together, and some within the same second.

Each further run is weaker than the one before. The same seed and number of runs give the same events. The
first run for a campaign with at least `MIN_RECIPIENTS` recipients shows every kind of event at least once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from cxmc_ext.standin.models import Account, Campaign, CampaignRecipient
from cxmc_ext.standin.service import engagement, sending
from cxmc_ext.standin.state import State

# Shares of all recipients, in the first run.
BOUNCE_SHARE = 0.02
OPEN_SHARE = 0.45
CLICK_SHARE = 0.08
UNSUBSCRIBE_SHARE = 0.01
# Shares of the bounces, of the openers and of the clickers.
HARD_BOUNCE_SHARE = 0.75
OPEN_BEFORE_BOUNCE_SHARE = 0.1
PROXY_OPEN_SHARE = 0.25
REOPEN_SHARE = 0.4
CLICK_AGAIN_SHARE = 0.3
# Each run has this share of the events of the run before.
DECAY = 0.3
MIN_RECIPIENTS = 8
PROXY_LEAD_SECONDS = 4
REASONS = ("", "", "no longer interested", "never signed up")
# Share of the unsubscribes that are spam complaints.
COMPLAINT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """One run for one campaign; `start` and `end` are the period in which events may lie."""

    state: State
    account: Account
    campaign: Campaign
    random: Random
    start: int
    end: int
    strength: float

    def chance(self, share: float) -> bool:
        return self.random.random() < share * self.strength

    def random_moment(self, after: int) -> int:
        """A moment in the period, not before `after`, and more often early than late."""
        begin = max(after, self.start)
        return begin + int((self.end - begin) * self.random.random() ** 2)


def run_day_for_all(state: State, seed: int = 0) -> int:
    """Runs a day for every sent campaign; returns the number of events."""
    return sum(run_day(state, *pair, seed) for pair in list(state.campaigns()))


def run_day(state: State, account: Account, campaign: Campaign, seed: int = 0) -> int:
    """Runs a day for one campaign; returns the number of events.

    A campaign that is being sent is finished first; one that was not sent has no events.
    """
    sending.finish_sending(state, account, campaign)
    if not campaign.recipients:
        return 0
    events_before = _count_events(campaign)
    day = _new_day(state, account, campaign, seed)
    fixed = _scripted_engagement(day) if campaign.simulated_days == 0 else {}
    for member_id, recipient in campaign.recipients.items():
        if member_id in fixed:
            fixed[member_id](day, member_id)
        else:
            _react_by_chance(day, member_id, recipient)
    campaign.simulated_days += 1
    campaign.simulated_until = day.end
    state.mark_changed()
    return _count_events(campaign) - events_before


def _new_day(state: State, account: Account, campaign: Campaign, seed: int) -> SimulatedDay:
    runs = campaign.simulated_days
    random = Random(f"{seed} {runs} {len(campaign.recipients)}")  # noqa: S311 - not for security
    last = max(campaign.simulated_until, campaign.send_time)
    now = max(state.clock.now(), last)
    return SimulatedDay(state, account, campaign, random, min(last + 1, now), now, DECAY**runs)


def _scripted_engagement(day: SimulatedDay) -> dict[str, Callable[[SimulatedDay, str], None]]:
    """One recipient who certainly bounces, one who clicks and one who unsubscribes."""
    reactions = (_bounce, _open_and_click, _open_and_unsubscribe)
    member_ids = list(day.campaign.recipients)
    if len(member_ids) < MIN_RECIPIENTS:
        return {}
    chosen = day.random.sample(member_ids, len(reactions))
    return dict(zip(chosen, reactions, strict=True))


def _react_by_chance(day: SimulatedDay, member_id: str, recipient: CampaignRecipient) -> None:
    if recipient.bounce == engagement.HARD_BOUNCE or _has_left(recipient):
        return
    if day.chance(BOUNCE_SHARE) and not recipient.bounce and not recipient.opens:
        _bounce(day, member_id)
    elif day.chance(OPEN_SHARE):
        _read(day, member_id)


def _has_left(recipient: CampaignRecipient) -> bool:
    return bool(recipient.unsubscribed_at or recipient.complained_at)


def _bounce(day: SimulatedDay, member_id: str) -> None:
    """Bounces, sometimes seconds after a proxy has opened the mail (observed 2026-07)."""
    is_hard = day.random.random() < HARD_BOUNCE_SHARE
    kind = engagement.HARD_BOUNCE if is_hard else engagement.SOFT_BOUNCE
    at = day.random_moment(day.start)
    opened_at = at - PROXY_LEAD_SECONDS
    if day.random.random() < OPEN_BEFORE_BOUNCE_SHARE and opened_at >= day.start:
        engagement.record_open(day.campaign, member_id, opened_at, proxy=True)
    engagement.record_bounce(day.state, day.account, day.campaign, member_id, kind, at)


def _read(day: SimulatedDay, member_id: str) -> None:
    """Opens, perhaps opens again, perhaps clicks, perhaps unsubscribes, in this order."""
    at = day.random_moment(day.start)
    if day.random.random() < PROXY_OPEN_SHARE:
        engagement.record_open(day.campaign, member_id, day.start, proxy=True)
    engagement.record_open(day.campaign, member_id, at)
    while day.random.random() < REOPEN_SHARE:
        at = day.random_moment(at)
        engagement.record_open(day.campaign, member_id, at)
    if day.random.random() < CLICK_SHARE / OPEN_SHARE:
        at = _click(day, member_id, at)
    if day.random.random() < UNSUBSCRIBE_SHARE / OPEN_SHARE:
        _end_subscription(day, member_id, at)


def _open_and_click(day: SimulatedDay, member_id: str) -> None:
    at = day.random_moment(day.start)
    engagement.record_open(day.campaign, member_id, at)
    _click(day, member_id, at)


def _open_and_unsubscribe(day: SimulatedDay, member_id: str) -> None:
    at = day.random_moment(day.start)
    engagement.record_open(day.campaign, member_id, at)
    _unsubscribe(day, member_id, at)


def _unsubscribe(day: SimulatedDay, member_id: str, after: int) -> None:
    reason = day.random.choice(REASONS)
    at = day.random_moment(after)
    engagement.record_unsubscribe(day.state, day.account, day.campaign, member_id, reason, at)


def _end_subscription(day: SimulatedDay, member_id: str, after: int) -> None:
    if day.random.random() < COMPLAINT_SHARE:
        at = day.random_moment(after)
        engagement.record_complaint(day.state, day.account, day.campaign, member_id, at)
    else:
        _unsubscribe(day, member_id, after)


def _click(day: SimulatedDay, member_id: str, after: int) -> int:
    """Clicks one or more links; returns the time of the last click."""
    urls, at = list(day.campaign.links), after
    while urls:
        at = day.random_moment(at)
        engagement.record_click(day.campaign, member_id, day.random.choice(urls), at)
        if day.random.random() >= CLICK_AGAIN_SHARE:
            break
    return at


def _count_events(campaign: Campaign) -> int:
    names = ("opens", "clicks", "hard", "soft", "unsubscribed", "abuse")
    return sum(campaign.totals.get(name, 0) for name in names)
