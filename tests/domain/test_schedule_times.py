"""Scheduled times across daylight saving, and the quarter hours that MailChimp accepts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import (
    MIN_LEAD,
    QUARTER_HOUR,
    format_time,
    is_too_late,
    next_working_morning,
    parse_local_time,
    slot_problem,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = int(datetime(2026, 11, 23, 8, 0, tzinfo=UTC).timestamp())


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def test_a_local_time_is_read_in_its_zone() -> None:
    assert parse_local_time("2026-11-24", "09:30", AMSTERDAM) == at(2026, 11, 24, 8, 30)
    assert parse_local_time("2026-07-01", "09:30", AMSTERDAM) == at(2026, 7, 1, 7, 30)


def test_a_time_that_daylight_saving_skips_is_a_problem() -> None:
    assert parse_local_time("2026-03-29", "02:30", AMSTERDAM) == Problem(
        "time_skipped", values={"time": "02:30"}
    )
    assert parse_local_time("2026-03-29", "01:45", AMSTERDAM) == at(2026, 3, 29, 0, 45)
    assert parse_local_time("2026-03-29", "03:00", AMSTERDAM) == at(2026, 3, 29, 1, 0)


def test_the_first_of_two_equal_times_in_autumn_is_taken() -> None:
    assert parse_local_time("2026-10-25", "02:30", AMSTERDAM) == at(2026, 10, 25, 0, 30)
    assert parse_local_time("2026-10-25", "03:00", AMSTERDAM) == at(2026, 10, 25, 2, 0)


@pytest.mark.parametrize(
    ("day", "clock"),
    [("", ""), ("2026-02-30", "09:00"), ("24-11-2026", "09:00"), ("2026-11-24", "25:00"),
     ("2026-11-24", "9 uur"), ("0001-01-01", "00:00"), ("9999-12-31", "23:45")],
)  # fmt: skip
def test_an_unreadable_or_impossible_time_is_a_problem(day: str, clock: str) -> None:
    found = parse_local_time(day, clock, AMSTERDAM)
    assert isinstance(found, Problem) or slot_problem(found, NOW) is not None


def test_a_slot_is_on_the_quarter_hour_and_15_minutes_ahead() -> None:
    assert slot_problem(NOW + MIN_LEAD, NOW) is None
    assert slot_problem(NOW + MIN_LEAD - 1, NOW) == Problem("time_too_soon")
    assert slot_problem(NOW + MIN_LEAD + 60, NOW) == Problem("time_off_quarter")
    assert slot_problem(NOW + 366 * 24 * 3600, NOW) is None
    assert slot_problem(NOW + 366 * 24 * 3600 + QUARTER_HOUR, NOW) == Problem("time_too_far")


@given(st.integers(min_value=0, max_value=2**32))
def test_the_next_working_morning_is_accepted_and_a_weekday_at_nine(now: int) -> None:
    morning = next_working_morning(now, AMSTERDAM)
    local = datetime.fromtimestamp(morning, AMSTERDAM)
    assert slot_problem(morning, now) is None
    assert (local.hour, local.minute, local.weekday() < 5) == (9, 0, True)
    assert morning - now < 4 * 24 * 3600


def test_from_friday_and_the_weekend_the_next_working_morning_is_monday() -> None:
    monday = at(2026, 11, 30, 8)
    for day in (27, 28, 29):
        assert next_working_morning(at(2026, 11, day, 9), AMSTERDAM) == monday
    assert next_working_morning(at(2026, 11, 30, 6), AMSTERDAM) == at(2026, 12, 1, 8)


def test_a_time_too_near_by_mailchimps_clock_is_too_late() -> None:
    assert is_too_late(NOW, NOW)
    assert is_too_late(NOW + 59, NOW)
    assert not is_too_late(NOW + 60, NOW)


def test_a_time_is_formatted_with_its_zone() -> None:
    assert format_time(at(2026, 11, 24, 8, 30), AMSTERDAM) == "2026-11-24 09:30 CET"
