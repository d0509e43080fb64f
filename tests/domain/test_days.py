"""Days of the CRM's time zone: what users are told of, and from when on."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cxmc_ext.domain.rules.days import day_before, notifiable_until

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-28T07:00", "2026-11-28T00:00"),
        ("2026-11-28T23:59", "2026-11-28T00:00"),
        ("2026-11-28T06:59", "2026-11-27T00:00"),
        ("2027-01-01T00:00", "2026-12-31T00:00"),
    ],
)
def test_a_day_is_told_from_seven_in_the_morning_on(now: str, until: str) -> None:
    assert notifiable_until(at(now), AMSTERDAM) == at(until)


def test_a_day_is_23_or_25_hours_long_when_the_clock_changes() -> None:
    for midnight, hours in (("2026-03-30T00:00", 23), ("2026-10-26T00:00", 25)):
        assert at(midnight) - day_before(at(midnight), AMSTERDAM) == hours * 3600


def test_the_zone_decides_which_day_it_is() -> None:
    auckland, now = ZoneInfo("Pacific/Auckland"), at("2026-11-28T20:00")
    assert notifiable_until(now, auckland) == at("2026-11-29T00:00", auckland)
