"""The time of a scheduled campaign: from local time to UTC, and which times MailChimp accepts."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cxmc_ext.domain.problems import Problem

# MailChimp only schedules on the quarter hour:
# https://mailchimp.com/developer/marketing/api/campaigns/schedule-campaign/
QUARTER_HOUR = 15 * 60
# Seconds that must be left until the chosen time when the form is submitted.
MIN_LEAD = 15 * 60
# Seconds that must be left, by MailChimp's clock, when MailChimp is asked to schedule.
MIN_LEAD_AT_SUBMIT = 60
# Seconds that the time may be in the future.
MAX_AHEAD = 366 * 24 * 3600


def parse_local_time(day: str, clock: str, zone: ZoneInfo) -> int | Problem:
    """Converts a local date and time.

    Args:
        day: YYYY-MM-DD.
        clock: HH:MM. A time that daylight saving skips is a problem; of one that occurs twice, the first is
            taken.
        zone: The time zone.

    Returns:
        Unix seconds, or the problem.
    """
    try:
        local = datetime.strptime(f"{day.strip()} {clock.strip()}", "%Y-%m-%d %H:%M")  # noqa: DTZ007
        aware = local.replace(tzinfo=zone)
        round_trip = aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return Problem("time_unreadable")
    if round_trip != local:
        return Problem("time_skipped", values={"time": f"{local:%H:%M}"})
    return int(aware.timestamp())


def slot_problem(at: int, now: int) -> Problem | None:
    """Why a campaign cannot be scheduled for this time; None when it can."""
    if at < now + MIN_LEAD:
        return Problem("time_too_soon")
    if at % QUARTER_HOUR:
        return Problem("time_off_quarter")
    if at > now + MAX_AHEAD:
        return Problem("time_too_far")
    return None


def next_working_morning(now: int, zone: ZoneInfo) -> int:
    """09:00 of the next day from Monday to Friday, in the zone."""
    local = datetime.fromtimestamp(now, zone)
    days = {4: 3, 5: 2}.get(local.weekday(), 1)  # from Friday and Saturday to Monday
    morning = datetime.combine(local.date() + timedelta(days=days), time(9), zone)
    return int(morning.timestamp())


def local_date_and_time(at: int, zone: ZoneInfo) -> tuple[str, str]:
    """What `parse_local_time` reads, for fields of a form: YYYY-MM-DD and HH:MM.

    Both are empty for a time that no calendar has; a row of the database may contain one.
    """
    try:
        local = datetime.fromtimestamp(at, zone)
    except (ValueError, OverflowError, OSError):
        return "", ""
    return f"{local:%Y-%m-%d}", f"{local:%H:%M}"


def is_too_late(at: int, server_time: int) -> bool:
    """Whether it is too late to ask MailChimp for this time.

    MailChimp would refuse it, or send before anybody could still cancel it.

    Args:
        at: The scheduled time.
        server_time: The time of MailChimp's clock.
    """
    return at < server_time + MIN_LEAD_AT_SUBMIT


def format_time(at: int, zone: ZoneInfo) -> str:
    """The local time with its zone, for texts that are not translated: “2026-11-23 08:15 CET”."""
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname() or zone.key}"
