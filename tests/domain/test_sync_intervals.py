"""How often a campaign is synchronized at which age."""

import pytest

from cxmc_ext.domain.rules import sync_intervals
from cxmc_ext.domain.rules.sync_intervals import DAY, HOUR, MINUTE

BORN = 1_700_000_000


@pytest.mark.parametrize(
    ("age", "every"),
    [
        (0, 10 * MINUTE),
        (2 * HOUR - 1, 10 * MINUTE),
        (2 * HOUR, HOUR),
        (DAY - 1, HOUR),
        (DAY, DAY // 8),
        (7 * DAY, DAY // 4),
        (14 * DAY, DAY // 2),
        (30 * DAY, DAY),
        (3000 * DAY, DAY),
        (-5 * DAY, 10 * MINUTE),
    ],
)
def test_the_age_decides_the_interval(age: int, every: int) -> None:
    assert sync_intervals.interval(BORN, BORN + age) == every


@pytest.mark.parametrize("seed", [0, 1, 17, 123_456])
def test_a_month_has_as_many_updates_as_the_table_says(seed: int) -> None:
    at, moments = BORN, []
    while at < BORN + 40 * DAY:
        at = sync_intervals.next_sync_time(BORN, at, seed)
        moments.append(at - BORN)
    counts = [
        sum(low <= moment < high for moment in moments)
        for low, high in [(0, 2 * HOUR), (2 * HOUR, DAY), (DAY, 7 * DAY), (7 * DAY, 14 * DAY),
                          (14 * DAY, 30 * DAY), (30 * DAY, 40 * DAY)]
    ]  # fmt: skip
    assert counts == pytest.approx([12, 22, 48, 28, 32, 10], abs=1)


def test_a_late_run_does_not_shift_the_grid() -> None:
    due = sync_intervals.next_sync_time(BORN, BORN, 5)
    assert sync_intervals.next_sync_time(BORN, due + 200, 5) == due + 10 * MINUTE
    assert sync_intervals.next_sync_time(BORN, due + 400, 5) == due + 20 * MINUTE, (
        "not again at once"
    )


def test_the_next_update_is_always_in_the_future() -> None:
    for age in range(0, 40 * DAY, 997):
        now = BORN + age
        assert (
            now
            < sync_intervals.next_sync_time(BORN, now, age)
            <= now + 1.7 * sync_intervals.interval(BORN, now)
        )


def test_campaigns_created_together_are_spread() -> None:
    assert len({sync_intervals.next_sync_time(BORN, BORN + DAY, seed) for seed in range(100)}) > 90
