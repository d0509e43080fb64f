"""The points at which a process can die: before and after each remote call, and after each commit."""

from dataclasses import dataclass

from tests.faults.call_hooks import WorkerKilled
from tests.faults.call_sequences import CALL_SEQUENCES, COMMIT_COUNTS
from tests.faults.fault_environment import FaultEnvironment

BEFORE_CALL, AFTER_CALL, AFTER_COMMIT = "before call", "after call", "after commit"


@dataclass(frozen=True)
class CrashPoint:
    """The `number`th time that a scenario comes to such a point, from 1."""

    scenario: str
    point: str
    number: int

    def __str__(self) -> str:
        is_call = self.point != AFTER_COMMIT
        route = CALL_SEQUENCES[self.scenario][self.number - 1] if is_call else ""
        return f"{self.scenario}: {self.point} {self.number} {route}".strip()

    def arm(self, env: FaultEnvironment) -> None:
        """Kills the worker that comes here first; the next one passes."""

        def kill(_: str, number: int) -> None:
            if number == self.number:
                raise WorkerKilled

        if self.point == BEFORE_CALL:
            env.call_hooks.before = kill
        elif self.point == AFTER_CALL:
            env.call_hooks.after = kill
        else:
            env.commit_hooks.after = kill


def crashes_at_calls(scenario: str, first: int = 1) -> list[CrashPoint]:
    """Before and after each call from the `first` one on."""
    numbers = range(first, len(CALL_SEQUENCES[scenario]) + 1)
    return [
        CrashPoint(scenario, point, number)
        for number in numbers
        for point in (BEFORE_CALL, AFTER_CALL)
    ]


def crashes_at_commits(scenario: str, first: int = 1) -> list[CrashPoint]:
    """After each commit from the `first` one on."""
    numbers = range(first, COMMIT_COUNTS[scenario] + 1)
    return [CrashPoint(scenario, AFTER_COMMIT, number) for number in numbers]
