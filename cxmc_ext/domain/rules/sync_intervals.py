"""How often a campaign is synchronized: one table by age."""

from cxmc_ext.domain.campaigns import MailingState

MINUTE = 60


HOUR = 3600


DAY = 86_400


INTERVALS: tuple[tuple[float, int], ...] = (
    (2 * HOUR, 10 * MINUTE),
    (DAY, HOUR),
    (7 * DAY, 3 * HOUR),
    (14 * DAY, 6 * HOUR),
    (30 * DAY, 12 * HOUR),
    (float("inf"), DAY),
)
"""(age below, every): seconds since the campaign was created, or sent where it was scheduled."""


MIN_DELAY = 1


_SPREAD_FRACTION = 10
"""Two campaigns of one second are up to a tenth of their interval apart."""


def interval_index(origin: int, now: int) -> int:
    """Which row of the table applies."""
    age = now - origin
    return next(index for index, (below, _) in enumerate(INTERVALS) if age < below)


def interval(origin: int, now: int) -> int:
    """Seconds between two updates at this age."""
    return INTERVALS[interval_index(origin, now)][1]


def next_sync_time(origin: int, now: int, seed: int = 0) -> int:
    """When the next update is due.

    Updates lie on a grid that starts at the origin, so that a late run does not shift the ones after
    it; at least half an interval lies between two. `seed` (the mailing's id) moves the grid a little:
    campaigns made at the same moment do not all come due together.
    """
    step = interval(origin, now)
    start = origin + seed * 7919 % (step // _SPREAD_FRACTION)
    passed = (now + step // 2 - start) // step
    return max(start + (passed + 1) * step, now + MIN_DELAY)


def age_origin(remote_created_at: int | None, schedule_at: int | None, sent_at: int | None) -> int:
    return ((sent_at or schedule_at) if schedule_at else (remote_created_at or sent_at)) or 0


SENDING_INTERVAL = 30
"""Delivery takes minutes: whoever waits for “sent” need not wait for the next tier."""


SCHEDULED_INTERVAL = HOUR


def next_check_at(
    now: int,
    state: str,
    seed: int,
    created_at: int | None,
    schedule_at: int | None,
    sent_at: int | None,
) -> int | None:
    """When a campaign in this state is looked at again."""
    if state == MailingState.CANCELLED:
        return None
    if state == MailingState.SENDING:
        return now + SENDING_INTERVAL
    if state == MailingState.SCHEDULED and schedule_at and schedule_at > now:
        return min(schedule_at, now + SCHEDULED_INTERVAL)
    return next_sync_time(age_origin(created_at, schedule_at, sent_at) or now, now, seed)
