"""The geometry of the report's chart: bars as numbers, so that the template only writes them down."""

from collections.abc import Sequence
from dataclasses import dataclass

from cxmc_ext.usecases.screens.report import HourlyActivity

WIDTH, HEIGHT = 600, 208
_TOP, _BASE, _LEFT = 8, 182, 40
_ROUND_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: opens behind, clicks in front, both standing on the base line."""

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
    """Everything the picture needs; `lines` are (y, value) of the grid."""

    bars: tuple[Bar, ...]
    grid_lines: tuple[tuple[float, int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = _BASE
    left: int = _LEFT


def build_chart(hours: Sequence[HourlyActivity]) -> Chart | None:
    """None where nothing was opened or clicked yet."""
    most = max((max(hour.opens, hour.clicks) for hour in hours), default=0)
    if not most:
        return None
    top = _round_up(most)
    slot = (WIDTH - _LEFT) / len(hours)
    every = max(1, len(hours) // 6)
    bars = tuple(_bar(hour, n, slot, top, n % every == 0) for n, hour in enumerate(hours))
    return Chart(bars, tuple((_y(value, top), value) for value in (0, top // 2, top)))


def _bar(hour: HourlyActivity, n: int, slot: float, top: int, labelled: bool) -> Bar:
    opens, clicks = _y(hour.opens, top), _y(hour.clicks, top)
    return Bar(
        hour,
        x=round(_LEFT + n * slot + slot * 0.15, 1),
        width=round(slot * 0.7, 1),
        opens_y=opens,
        opens_height=round(_BASE - opens, 1),
        clicks_y=clicks,
        clicks_height=round(_BASE - clicks, 1),
        has_label=labelled,
    )


def _y(value: int, top: int) -> float:
    return round(_BASE - (_BASE - _TOP) * value / top, 1)


def _round_up(most: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100 …: even, so that the middle line is a whole number."""
    scale = 2
    while True:
        for step in _ROUND_STEPS:
            if most <= scale * step:
                return scale * step
        scale *= 10
