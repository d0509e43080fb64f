"""The geometry of the report's chart, in units of its SVG view box."""

from collections.abc import Sequence
from dataclasses import dataclass

from cxmc_ext.usecases.screens.report import HourlyActivity

WIDTH, HEIGHT = 600, 208
_TOP, _BASE, _LEFT = 8, 182, 40
_ROUND_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: a bar of opens behind a bar of clicks, both on the base line."""

    hour: HourlyActivity
    x: float
    width: float
    opens_y: float
    opens_height: float
    clicks_y: float
    clicks_height: float
    has_label: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws; `grid_lines` are pairs of y and the value at that height."""

    bars: tuple[Bar, ...]
    grid_lines: tuple[tuple[float, int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = _BASE
    left: int = _LEFT


def build_chart(hours: Sequence[HourlyActivity]) -> Chart | None:
    """Builds the chart of opens and clicks per hour.

    Returns:
        The chart, or None if nothing was opened or clicked yet.
    """
    highest = max((max(hour.opens, hour.clicks) for hour in hours), default=0)
    if not highest:
        return None
    top = _round_up(highest)
    slot_width = (WIDTH - _LEFT) / len(hours)
    label_interval = max(1, len(hours) // 6)
    bars = tuple(
        _bar(hour, _LEFT + index * slot_width, slot_width, top, index % label_interval == 0)
        for index, hour in enumerate(hours)
    )
    return Chart(bars, tuple((_y(value, top), value) for value in (0, top // 2, top)))


def _bar(hour: HourlyActivity, left: float, slot_width: float, top: int, has_label: bool) -> Bar:
    opens, clicks = _y(hour.opens, top), _y(hour.clicks, top)
    return Bar(
        hour,
        x=round(left + slot_width * 0.15, 1),
        width=round(slot_width * 0.7, 1),
        opens_y=opens,
        opens_height=round(_BASE - opens, 1),
        clicks_y=clicks,
        clicks_height=round(_BASE - clicks, 1),
        has_label=has_label,
    )


def _y(value: int, top: int) -> float:
    return round(_BASE - (_BASE - _TOP) * value / top, 1)


def _round_up(value: int) -> int:
    """Rounds up to 2, 4, 10, 20, 40, 100 …: even, so that the middle grid line is a whole number."""
    scale = 2
    while True:
        for step in _ROUND_STEPS:
            if value <= scale * step:
                return scale * step
        scale *= 10
