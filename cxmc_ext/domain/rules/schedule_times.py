"""Rules of a planned time: local date and clock to UTC across daylight saving, and MailChimp's grid."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cxmc_ext.domain.problems import Problem

QUARTER_HOUR = 15 * 60
# A press must leave this many seconds until the planned time.
MIN_LEAD = 15 * 60
# By MailChimp's own clock this many must be left when the schedule is sent.
MIN_LEAD_AT_SUBMIT = 60
MAX_AHEAD = 366 * 24 * 3600


def parse_local_time(day: str, clock: str, zone: ZoneInfo) -> int | Problem:
    """Unix seconds of a local date (YYYY-MM-DD) and clock (HH:MM), or what is wrong with them.

    An hour that daylight saving skips does not exist and is refused; of an hour that happens twice
    the first is meant.
    """
    try:
        local = datetime.strptime(f"{day.strip()} {clock.strip()}", "%Y-%m-%d %H:%M")  # noqa: DTZ007
        aware = local.replace(tzinfo=zone)
        back = aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return Problem("time_unreadable")
    if back != local:
        return Problem("time_skipped", values={"time": f"{local:%H:%M}"})
    return int(aware.timestamp())


def slot_problem(at: int, now: int) -> Problem | None:
    """Why a time cannot be asked for now; None when it can."""
    if at < now + MIN_LEAD:
        return Problem("time_too_soon")
    if at % QUARTER_HOUR:
        return Problem("time_off_quarter")
    if at > now + MAX_AHEAD:
        return Problem("time_too_far")
    return None


def earliest_slot(now: int) -> int:
    """The first time that `slot_trouble` lets pass."""
    return -(-(now + MIN_LEAD) // QUARTER_HOUR) * QUARTER_HOUR


def is_too_late(at: int, server_time: int) -> bool:
    """Whether MailChimp would refuse the time, or mail before anybody could stop it."""
    return at < server_time + MIN_LEAD_AT_SUBMIT


def format_time(at: int, zone: ZoneInfo) -> str:
    """The time with its zone, for sentences that are not translated by the screen."""
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname() or zone.key}"
