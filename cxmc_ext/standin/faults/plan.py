"""The planned faults, and which of them applies to a call."""

import threading
from dataclasses import fields

from cxmc_ext.standin.faults.fault import Fault, call_pattern
from cxmc_ext.standin.faults.kinds import KINDS


class FaultPlan:
    """Planned faults in order. Every matching fault counts a call; the first one that is due applies.

    `log` lists the calls that failed, as (call, kind).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_id = 1
        self.faults: list[Fault] = []
        self.log: list[tuple[str, str]] = []

    def add(self, match: str, kind: str, **options: float | int | str) -> Fault:
        """Plans a fault.

        Args:
            match: The calls that fail, as described in `Fault`.
            kind: A key of `KINDS`.
            **options: Further fields of `Fault`, for example `nth`, `times` or `seconds`.

        Raises:
            ValueError: The kind or an option does not exist.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {kind}")
        unknown = set(options) - {field.name for field in fields(Fault)}
        if unknown:
            raise ValueError(f"unknown option: {', '.join(sorted(unknown))}")
        fault = Fault(match, kind, **options)  # type: ignore[arg-type]
        fault.pattern = call_pattern(match)
        with self._lock:
            fault.id, self._next_id = self._next_id, self._next_id + 1
            self.faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.faults, self.log = [], []

    def take_due(self, call: str, account: str = "", body: str = "") -> Fault | None:
        """Counts a call, for example "GET /lists"; returns the fault that applies to it, if any."""
        with self._lock:
            matching = [fault for fault in self.faults if fault.matches(call, account, body)]
            for fault in matching:
                fault.seen += 1
            due = next((fault for fault in matching if fault.is_due()), None)
            if due:
                due.fired += 1
                self.log.append((call, due.kind))
            return due
