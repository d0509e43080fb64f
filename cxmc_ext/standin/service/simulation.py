"""“Run a day”: a believable, seeded crowd reacts to a campaign.

Every event lies between the last run (at first: the sending) and now, at second grain and in the order
people behave, so no event is in the future and none appears before a moment a client has already read.
If that window is short, events crowd together and repeats of one person within a second fall away.
Each further run is a weaker tail of the one before. The same seed and run react the same way.
The first day of a campaign to a handful of people or more shows every kind of reaction at least once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from cxmc_ext.standin.models import Account, Campaign, CampaignRecipient
from cxmc_ext.standin.service import engagement, sending
from cxmc_ext.standin.state import State

BOUNCE, HARD_SHARE = 0.02, 0.75
OPEN, AGAIN, PROXY = 0.45, 0.4, 0.25
CLICK, CLICK_AGAIN = 0.08, 0.3
UNSUBSCRIBE = 0.01
TAIL = 0.3
HANDFUL = 8
REASONS = ("", "", "no longer interested", "never signed up", "abuse")


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """One run over one campaign."""

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
        """Somewhere in the window, not before `after`, rather soon than late."""
        begin = max(after, self.start)
        return begin + int((self.end - begin) * self.random.random() ** 2)


def run_day_for_all(state: State, seed: int = 0) -> int:
    """Every sent campaign; returns the number of events."""
    return sum(run_day(state, *pair, seed) for pair in list(state.campaigns()))


def run_day(state: State, account: Account, campaign: Campaign, seed: int = 0) -> int:
    """Returns the number of events; what is being sent arrives first, a draft meets nobody."""
    sending.finish_sending(state, account, campaign)
    if campaign.status != "sent":
        return 0
    before = _events(campaign)
    dice = Random(f"{seed} {campaign.simulated_days} {len(campaign.recipients)}")  # noqa: S311 (play)
    start = max(campaign.simulated_until, campaign.send_time)
    now = max(state.clock.now(), start)
    strength = TAIL**campaign.simulated_days
    day = SimulatedDay(state, account, campaign, dice, min(start + 1, now), now, strength)
    sure = _sure(day) if campaign.simulated_days == 0 else {}
    for member_id, outcome in campaign.recipients.items():
        if member_id in sure:
            sure[member_id](day, member_id)
        else:
            _one(day, member_id, outcome)
    campaign.simulated_days += 1
    campaign.simulated_until = now
    state.mark_changed()
    return _events(campaign) - before


def _sure(day: SimulatedDay) -> dict[str, Callable[[SimulatedDay, str], None]]:
    """One person each who certainly bounces, clicks, and leaves."""
    kinds = (_bounce, _click_through, _leave)
    if len(day.campaign.recipients) < HANDFUL:
        return {}
    return dict(
        zip(day.random.sample(list(day.campaign.recipients), len(kinds)), kinds, strict=True)
    )


def _one(day: SimulatedDay, member_id: str, outcome: CampaignRecipient) -> None:
    if outcome.bounce == engagement.HARD_BOUNCE or outcome.unsubscribed_at:
        return
    if day.chance(BOUNCE) and not outcome.bounce and not outcome.opens:
        _bounce(day, member_id)
    elif day.chance(OPEN):
        _read(day, member_id)


def _bounce(day: SimulatedDay, member_id: str) -> None:
    """A proxy may open a mail seconds before it bounces (seen live)."""
    kind = engagement.HARD_BOUNCE if day.random.random() < HARD_SHARE else "soft"
    moment = day.random_moment(day.start)
    if day.random.random() < 0.1 and moment - 4 >= day.start:
        engagement.record_open(day.campaign, member_id, moment - 4, proxy=True)
    engagement.record_bounce(day.state, day.account, day.campaign, member_id, kind, moment)


def _read(day: SimulatedDay, member_id: str) -> None:
    """Open, perhaps again, perhaps click, perhaps leave, in that order."""
    at = day.random_moment(day.start)
    if day.random.random() < PROXY:
        engagement.record_open(day.campaign, member_id, day.start, proxy=True)
    engagement.record_open(day.campaign, member_id, at)
    while day.random.random() < AGAIN:
        at = day.random_moment(at)
        engagement.record_open(day.campaign, member_id, at)
    if day.random.random() < CLICK / OPEN:
        at = _click(day, member_id, at)
    if day.random.random() < UNSUBSCRIBE / OPEN:
        _unsubscribe(day, member_id, at)


def _click_through(day: SimulatedDay, member_id: str) -> None:
    at = day.random_moment(day.start)
    engagement.record_open(day.campaign, member_id, at)
    _click(day, member_id, at)


def _leave(day: SimulatedDay, member_id: str) -> None:
    at = day.random_moment(day.start)
    engagement.record_open(day.campaign, member_id, at)
    _unsubscribe(day, member_id, at)


def _unsubscribe(day: SimulatedDay, member_id: str, after: int) -> None:
    reason = day.random.choice(REASONS)
    at = day.random_moment(after)
    engagement.record_unsubscribe(day.state, day.account, day.campaign, member_id, reason, at)


def _click(day: SimulatedDay, member_id: str, at: int) -> int:
    urls = list(day.campaign.links)
    while urls:
        at = day.random_moment(at)
        engagement.record_click(day.campaign, member_id, day.random.choice(urls), at)
        if day.random.random() >= CLICK_AGAIN:
            break
    return at


def _events(campaign: Campaign) -> int:
    names = ("opens", "clicks", "hard", "soft", "unsubscribed")
    return sum(campaign.totals.get(name, 0) for name in names)
