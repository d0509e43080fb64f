"""Keeps a handful of processes alive and ends them together. Standard library only."""

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

_DEATH_SIGNAL, _SUBREAPER = 1, 36  # prctl(2)
_LIVES, _WITHIN = 5, 60.0
_BACK_OFF, _GRACE = 1.0, 3.0
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class GaveUp(Exception):
    """A process dies again and again; the message says which and where to read why."""


@dataclass
class Child:
    """One process: what it runs, where it writes, when it started."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)
    again_at: float = 0.0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts children in order, restarts the fallen, and ends them, the first one last."""

    def __init__(self, say: Callable[[str, str], None], cwd: Path) -> None:
        self.stopping = Event()
        self._say = say
        self._cwd = cwd
        self._children: list[Child] = []
        if _libc:
            # Grandchildren that lose their parent become ours, so none is left behind.
            _libc.prctl(_SUBREAPER, 1, 0, 0, 0)
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, self._interrupted)

    def start(self, child: Child) -> None:
        self._children.append(child)
        self._launch(child)

    def watch(self) -> None:
        """One look at all of them.

        :raises GaveUp: when one died five times within a minute.
        """
        for child in self._children:
            if child.alive:
                continue
            if not child.again_at:
                self._mourn(child)
            elif time.monotonic() >= child.again_at:
                self._launch(child)

    def pause(self, seconds: float) -> bool:
        """False as soon as somebody asked to stop."""
        return not self.stopping.wait(seconds)

    def end(self) -> None:
        """Ends every process: asked first, made to after three seconds. Takes four at most."""
        self.stopping.set()
        _end(self._children[1:], _GRACE)
        _end(self._children[:1], 1.0)
        _kill_orphans()

    def _interrupted(self, *_: object) -> None:
        """The first time politely, the second time at once."""
        if self.stopping.is_set():
            for child in self._children:
                _signal(child, signal.SIGKILL)
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
                preexec_fn=_die_with(os.getpid()),
            )
        child.starts.append(time.monotonic())
        child.again_at = 0.0
        self._say(child.name, f"started (pid {child.process.pid})")

    def _mourn(self, child: Child) -> None:
        code = child.process.returncode if child.process else None
        now = time.monotonic()
        child.starts = [at for at in child.starts if now - at < _WITHIN]
        if len(child.starts) >= _LIVES:
            raise GaveUp(f"{child.name} ended {_LIVES} times within a minute; read {child.log}")
        child.again_at = now + _BACK_OFF
        self._say(child.name, f"ended ({code}), starting again; its words are in {child.log}")


def _die_with(parent: int) -> Callable[[], None] | None:
    """Runs in the child before its program: the kernel kills it when the supervisor is gone."""
    libc = _libc
    if libc is None:
        return None

    def tie() -> None:
        libc.prctl(_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def _end(children: Sequence[Child], grace: float) -> None:
    living = [child for child in children if child.alive]
    for child in living:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(child.alive for child in living) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in living:
        _signal(child, signal.SIGKILL)  # the group, whoever of it is left
        if child.process:
            child.process.wait()


def _signal(child: Child, number: int) -> None:
    if child.process:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)


def _kill_orphans() -> None:
    """Those the kernel gave to us; more may appear while the first of them die."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    while listed.exists() and (pids := [int(pid) for pid in listed.read_text().split()]):
        for pid in pids:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
