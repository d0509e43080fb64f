"""One line of flask cxmc doctor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask

from cxmc_ext.services import Services


@dataclass(frozen=True, slots=True)
class Finding:
    """One line; `remedy` says what to do, or what the fact means where nothing is to be done."""

    level: str
    fact: str
    remedy: str

    def line(self) -> str:
        return f"{self.level:4} {self.fact}: {self.remedy}"


Findings = Iterator[Finding]

Check = Callable[[Flask, Services], Findings]


def ok(fact: str, meaning: str) -> Finding:
    return Finding("ok", fact, meaning)


def warn(fact: str, remedy: str) -> Finding:
    return Finding("warn", fact, remedy)


def fail(fact: str, remedy: str) -> Finding:
    return Finding("fail", fact, remedy)
