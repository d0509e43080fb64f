"""How often a mailing is synced: a table of intervals by age, and the times that follow from it.

All times are Unix seconds. The screen calls a row of the table a “tier”.
"""

from cxmc_ext.domain.campaigns import MailingState

MINUTE = 60
HOUR = 3600
DAY = 86_400

# (age below, interval), in seconds. See `age_origin` for the moment from which the age counts.
INTERVALS: tuple[tuple[float, int], ...] = (
    (2 * HOUR, 10 * MINUTE),
    (DAY, HOUR),
    (7 * DAY, 3 * HOUR),
    (14 * DAY, 6 * HOUR),
    (30 * DAY, 12 * HOUR),
    (float("inf"), DAY),
)

# A campaign is delivered within minutes: somebody who waits for “sent” need not wait for an interval.
SENDING_INTERVAL = 30
SCHEDULED_INTERVAL = HOUR

MIN_DELAY = 1
# Mailings created at the same moment come due up to a tenth of their interval apart.
_SPREAD_FRACTION = 10
# Any prime: consecutive ids, multiplied by it, are spread over the whole tenth.
_SPREAD_PRIME = 7919


def age_origin(remote_created_at: int | None, schedule_at: int | None, sent_at: int | None) -> int:
    """The moment from which a mailing's age counts.

    That is the creation of its campaign; for a scheduled campaign the time at which it was sent, or will
    be. 0 if neither is known.
    """
    if schedule_at:
        return sent_at or schedule_at
    return remote_created_at or sent_at or 0


def interval_index(origin: int, now: int) -> int:
    """The row of the table that applies to a mailing whose age counts from `origin`."""
    age = now - origin
    return next(index for index, (below, _) in enumerate(INTERVALS) if age < below)


def interval(origin: int, now: int) -> int:
    """Seconds between two turns of a mailing whose age counts from `origin`."""
    return INTERVALS[interval_index(origin, now)][1]


def next_sync_time(origin: int, now: int, seed: int = 0) -> int:
    """When a mailing is due again.

    Turns lie on a grid that starts at `origin`, so that a late turn does not delay the following ones.
    At least half an interval lies between two turns.

    Args:
        origin: The moment from which the age counts.
        now: The current time.
        seed: The mailing's id. It moves the grid a little, so that mailings that were created at the
            same moment do not all come due together.
    """
    step = interval(origin, now)
    start = origin + seed * _SPREAD_PRIME % (step // _SPREAD_FRACTION)
    passed = (now + step // 2 - start) // step
    return max(start + (passed + 1) * step, now + MIN_DELAY)


def next_check_at(
    now: int,
    state: str,
    seed: int,
    created_at: int | None,
    schedule_at: int | None,
    sent_at: int | None,
) -> int:
    """When the status of a mailing that is not sent yet is read again.

    Args:
        now: The current time.
        state: The mailing's state.
        seed: The mailing's id; see `next_sync_time`.
        created_at: When its campaign was created at MailChimp.
        schedule_at: For when it is scheduled.
        sent_at: When it was sent.

    Returns:
        The time.
    """
    if state == MailingState.SENDING:
        return now + SENDING_INTERVAL
    if state == MailingState.SCHEDULED and schedule_at and schedule_at > now:
        return min(schedule_at, now + SCHEDULED_INTERVAL)
    return next_sync_time(age_origin(created_at, schedule_at, sent_at) or now, now, seed)
