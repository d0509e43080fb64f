"""Runs several processes, restarts those that end, and stops them all together.

honcho (2.0.0, tried in November 2026) does not fit the demo. It stops everything when one process ends,
leaves processes behind when its terminal is closed or it is killed, and hangs when a process of its own has
started another one in a new session.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

# Options of prctl(2).
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
# A process that is started this often within so many seconds is given up.
_MAX_STARTS, _START_PERIOD = 5, 60.0
_RESTART_PAUSE = 1.0
# Seconds from SIGTERM to SIGKILL: for all processes, and then for the first one.
_GRACE, _FIRST_GRACE = 2.5, 1.0
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class GaveUp(Exception):
    """A process ends again and again. The message names it and its log."""


@dataclass
class Child:
    """A process: its command, its environment, and the file for its output."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)
    restart_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether the process is running."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts processes in order, restarts them, and stops them; the first one is stopped last.

    Args:
        report: Called with the name of a process and what happened to it.
        cwd: The working directory of all processes.
    """

    def __init__(self, report: Callable[[str, str], None], cwd: Path) -> None:
        self.stopping = Event()
        self._report = report
        self._cwd = cwd
        self._children: list[Child] = []
        if _libc:
            # Processes whose parent ends become children of this one, so that none is left behind.
            _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, self._handle_signal)

    def start(self, child: Child) -> None:
        """Starts a process and keeps it running."""
        self._children.append(child)
        self._launch(child)

    def restart_ended(self) -> None:
        """Restarts the processes that have ended, a second after their end.

        Raises:
            GaveUp: A process ended five times within a minute.
        """
        for child in self._children:
            if child.is_alive:
                continue
            if not child.restart_at:
                self._plan_restart(child)
            elif time.monotonic() >= child.restart_at:
                self._launch(child)

    def wait(self, seconds: float) -> bool:
        """Waits; returns False at once if a signal to stop arrives."""
        return not self.stopping.wait(seconds)

    def stop(self) -> None:
        """Stops all processes within four seconds: SIGTERM first, SIGKILL 2.5 seconds later."""
        self.stopping.set()
        _stop(self._children[1:], _GRACE)
        _stop(self._children[:1], _FIRST_GRACE)
        _kill_orphans()

    def _handle_signal(self, *_: object) -> None:
        """Stops; at the second signal kills everything at once."""
        if self.stopping.is_set():
            for child in self._children:
                _send_signal(child, signal.SIGKILL)
        self.stopping.set()

    def _launch(self, child: Child) -> None:
        child.log.parent.mkdir(parents=True, exist_ok=True)
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(  # noqa: S603 - our own commands
                child.command,
                env=dict(child.env),
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_die_with_parent(os.getpid()),
            )
        child.starts.append(time.monotonic())
        child.restart_at = 0.0
        self._report(child.name, f"started (pid {child.process.pid})")

    def _plan_restart(self, child: Child) -> None:
        code = child.process.returncode if child.process else None
        now = time.monotonic()
        child.starts = [moment for moment in child.starts if now - moment < _START_PERIOD]
        if len(child.starts) >= _MAX_STARTS:
            raise GaveUp(
                f"{child.name} ended {_MAX_STARTS} times within a minute; read {child.log}"
            )
        child.restart_at = now + _RESTART_PAUSE
        self._report(child.name, f"ended ({code}), starting again; see {child.log}")


def _die_with_parent(parent_pid: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel kills the process when the supervisor ends. Linux only."""
    libc = _libc
    if libc is None:
        return None

    def set_death_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        # The supervisor may have ended before that.
        if os.getppid() != parent_pid:
            os._exit(1)

    return set_death_signal


def _stop(children: Sequence[Child], grace: float) -> None:
    alive = [child for child in children if child.is_alive]
    for child in alive:
        _send_signal(child, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(child.is_alive for child in alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in alive:
        _send_signal(child, signal.SIGKILL)  # Others of its group may still be alive.
        if child.process:
            child.process.wait()


def _send_signal(child: Child, number: int) -> None:
    if child.process:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)


def _kill_orphans() -> None:
    """Kills what became our child; more may appear while the first of them end."""
    children_file = Path(f"/proc/self/task/{os.getpid()}/children")
    while children_file.exists() and (pids := children_file.read_text().split()):
        for pid in map(int, pids):
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
