"""Days in the time zone of the CRM, whose length daylight saving changes."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

# From this hour on users are told about the day before: the reports of its evening have been read.
TELLING_HOUR = 7


def notifiable_until(now: int, zone: ZoneInfo) -> int:
    """The midnight up to which users can be told what happened, in Unix seconds.

    That is the beginning of today from 07:00 on, and of yesterday before that.
    """
    local = datetime.fromtimestamp(now, zone)
    day = local.date() - timedelta(days=local.hour < TELLING_HOUR)
    return _midnight(datetime.combine(day, time(), zone))


def day_before(midnight: int, zone: ZoneInfo) -> int:
    """When the day began that ended at a midnight, in Unix seconds."""
    day = datetime.fromtimestamp(midnight, zone).date() - timedelta(days=1)
    return _midnight(datetime.combine(day, time(), zone))


def _midnight(local: datetime) -> int:
    return int(local.timestamp())
