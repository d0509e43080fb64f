"""Where a process can die: before and after each remote call, and after each commit."""

from dataclasses import dataclass

from tests.faults.lab import Lab
from tests.faults.sites import CALLS, COMMITS
from tests.faults.tap import Killed

BEFORE, AFTER, COMMITTED = "before call", "after call", "after commit"


@dataclass(frozen=True)
class Death:
    """The `number`th passing of a point of a story."""

    story: str
    point: str
    number: int

    def __str__(self) -> str:
        called = CALLS[self.story][self.number - 1] if self.point != COMMITTED else ""
        return f"{self.story}: {self.point} {self.number} {called}".strip()

    def arm(self, lab: Lab) -> None:
        """Once only: whoever goes on afterwards lives."""

        def fall(_: str, number: int) -> None:
            if number == self.number:
                raise Killed

        if self.point == BEFORE:
            lab.tap.before = fall
        elif self.point == AFTER:
            lab.tap.after = fall
        else:
            lab.commits.after = fall


def at_calls(story: str, first: int = 1) -> list[Death]:
    numbers = range(first, len(CALLS[story]) + 1)
    return [Death(story, point, number) for number in numbers for point in (BEFORE, AFTER)]


def at_commits(story: str, first: int = 1) -> list[Death]:
    return [Death(story, COMMITTED, number) for number in range(first, COMMITS[story] + 1)]
