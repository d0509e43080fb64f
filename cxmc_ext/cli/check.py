"""One line of `flask cxmc doctor`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask

from cxmc_ext.services import Services

# In the order in which the findings are printed: the last lines are those that one sees first.
LEVELS = ("ok", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check."""

    level: str
    """One of `LEVELS`."""
    fact: str
    remedy: str
    """What to do; for level ok what the fact means."""

    def line(self) -> str:
        """Returns the line to print."""
        return f"{self.level:4} {self.fact}: {self.remedy}"


Findings = Iterator[Finding]
Check = Callable[[Flask, Services], Findings]


def ok(fact: str, meaning: str) -> Finding:
    """Creates a finding that needs no action."""
    return Finding("ok", fact, meaning)


def warn(fact: str, remedy: str) -> Finding:
    """Creates a finding that should be looked at."""
    return Finding("warn", fact, remedy)


def fail(fact: str, remedy: str) -> Finding:
    """Creates a finding that makes the command exit 1."""
    return Finding("fail", fact, remedy)
