"""Results of measurements, next to their goals; and how to measure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Result:
    """One figure: a ratio against a reference in the same run, a count, or megabytes."""

    name: str
    value: float
    goal: str
    met: bool

    def line(self) -> str:
        """Return the line to print."""
        word = "ok  " if self.met else "MISS"
        return f"{word} {self.name:56} {self.value:12,.2f}   goal {self.goal}"

    def row(self) -> str:
        """Return the row for docs/performance.md."""
        word = "" if self.goal == "-" else "yes" if self.met else "**no**"
        return f"| {self.name} | {self.goal} | {self.value:,.2f} | {word} |"


def at_least(name: str, value: float, goal: float) -> Result:
    """Create a result that should reach a goal."""
    return Result(name, value, f">= {goal:,g}", value >= goal)


def at_most(name: str, value: float, goal: float) -> Result:
    """Create a result that should not exceed a goal."""
    return Result(name, value, f"<= {goal:,g}", value <= goal)


def info(name: str, value: float) -> Result:
    """Create a result without a goal."""
    return Result(name, value, "-", True)


def alternating(calls: Sequence[Callable[[], object]], times: int) -> list[list[float]]:
    """Measure several functions in turns, so that a noisy moment affects all of them.

    Returns:
        The seconds of every call, per function.
    """
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(times):
        for call, measured in zip(calls, seconds, strict=True):
            started = perf_counter()
            call()
            measured.append(perf_counter() - started)
    return seconds


def p50(seconds: Sequence[float]) -> float:
    """Return the median."""
    return median(seconds)


def p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return quantiles(seconds, n=100)[98]
