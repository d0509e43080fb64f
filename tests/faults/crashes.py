"""Where a process can die: before and after each remote call, and after each commit."""

from dataclasses import dataclass

from tests.faults.call_hooks import WorkerKilled
from tests.faults.call_sequences import CALL_SEQUENCES, COMMIT_COUNTS
from tests.faults.fault_environment import FaultEnvironment

BEFORE_CALL, AFTER_CALL, AFTER_COMMIT = "before call", "after call", "after commit"


@dataclass(frozen=True)
class CrashPoint:
    """The `number`th passing of a point of a story."""

    scenario: str
    point: str
    number: int

    def __str__(self) -> str:
        called = (
            CALL_SEQUENCES[self.scenario][self.number - 1] if self.point != AFTER_COMMIT else ""
        )
        return f"{self.scenario}: {self.point} {self.number} {called}".strip()

    def arm(self, env: FaultEnvironment) -> None:
        """Once only: whoever goes on afterwards lives."""

        def fall(_: str, number: int) -> None:
            if number == self.number:
                raise WorkerKilled

        if self.point == BEFORE_CALL:
            env.call_hooks.before = fall
        elif self.point == AFTER_CALL:
            env.call_hooks.after = fall
        else:
            env.commit_hooks.after = fall


def crashes_at_calls(scenario: str, first: int = 1) -> list[CrashPoint]:
    numbers = range(first, len(CALL_SEQUENCES[scenario]) + 1)
    return [
        CrashPoint(scenario, point, number)
        for number in numbers
        for point in (BEFORE_CALL, AFTER_CALL)
    ]


def crashes_at_commits(scenario: str, first: int = 1) -> list[CrashPoint]:
    return [
        CrashPoint(scenario, AFTER_COMMIT, number)
        for number in range(first, COMMIT_COUNTS[scenario] + 1)
    ]
