"""Child processes of the worker that never outlive it, and the one that looks for due work."""

import ctypes
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

from flask import Flask

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_log = logging.getLogger(__name__)


class TickLoop:
    """Calls `on_tick` every `seconds`, the first time at once, in a child of this process.

    A child and not a thread: the worker forks for every job, and a fork while a thread holds a lock
    (of logging, of a connection pool) leaves that lock taken for ever in the job. A child is also
    safe from a busy parent, and `ensure` replaces it when it died.
    """

    def __init__(self, app: Flask, on_tick: Callable[[], object], seconds: float) -> None:
        self._app = app
        self._on_tick = on_tick
        self._seconds = seconds
        self._parent = os.getpid()
        self._pid = 0

    def ensure_running(self) -> None:
        """Starts the child unless it lives; does nothing in a process other than the maker's."""
        if os.getpid() != self._parent or (self._pid and not _ended(self._pid)):
            return
        self._pid = os.fork()
        if self._pid == 0:
            self._run()

    def stop(self) -> None:
        if self._pid and os.getpid() == self._parent and not _ended(self._pid):
            os.kill(self._pid, signal.SIGKILL)  # between two commits at worst: rows and leases cope
            os.waitpid(self._pid, 0)
        self._pid = 0

    def _run(self) -> NoReturn:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            die_with_parent(self._parent)
            forget_inherited_connections(self._app)
            while os.getppid() == self._parent:
                self._tick()
                time.sleep(self._seconds)
        finally:
            os._exit(0)  # nothing of the worker's own clean-up may run here

    def _tick(self) -> None:
        try:
            with self._app.app_context():
                self._on_tick()
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            _log.error("Tick failed: %s", redacted_traceback(error))


def die_with_parent(parent: int) -> None:
    """This process ends when `parent` does (on Linux), and at once if it is gone already."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def forget_inherited_connections(app: Flask) -> None:
    """After a fork: forgets the parent's database connections without closing them."""
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)


def redacted_traceback(error: BaseException) -> str:
    """Type and frames of an error: its text may hold an address or a statement's values."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{frames}"


def _ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True
