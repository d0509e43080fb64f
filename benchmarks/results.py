"""What a measurement says: one line of the table, beside its goal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Result:
    """`value` is a ratio against a reference of the same run, a count, or megabytes."""

    name: str
    value: float
    goal: str
    met: bool

    def line(self) -> str:
        word = "ok  " if self.met else "MISS"
        return f"{word} {self.name:56} {self.value:12,.2f}   goal {self.goal}"

    def row(self) -> str:
        """As it stands in docs/performance.md."""
        word = "" if self.goal == "-" else "yes" if self.met else "**no**"
        return f"| {self.name} | {self.goal} | {self.value:,.2f} | {word} |"


def at_least(name: str, value: float, goal: float) -> Result:
    return Result(name, value, f">= {goal:,g}", value >= goal)


def at_most(name: str, value: float, goal: float) -> Result:
    return Result(name, value, f"<= {goal:,g}", value <= goal)


def info(name: str, value: float) -> Result:
    """For the reader: there is no goal."""
    return Result(name, value, "-", True)


def alternating(calls: Sequence[Callable[[], object]], times: int) -> list[list[float]]:
    """Seconds of each call, taken in turns, so that a noisy moment falls on all of them."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(times):
        for call, taken in zip(calls, seconds, strict=True):
            started = perf_counter()
            call()
            taken.append(perf_counter() - started)
    return seconds


def p50(seconds: Sequence[float]) -> float:
    return median(seconds)


def p99(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100)[98]
