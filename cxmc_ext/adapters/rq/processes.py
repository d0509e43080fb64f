"""Child processes of a worker: they never outlive it, and one of them looks for due work."""

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
# Seconds after which work without the queue is ended, like a job of rq; leases expire and it goes on.
_WORK_SECONDS = 900
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_log = logging.getLogger(__name__)


class TickLoop:
    """Calls a function every few seconds, the first time at once, in a child process.

    If the function returns False, nobody can be woken; then due work is done in one further child, so
    that the ticks go on meanwhile.

    A child and not a thread: the worker forks for every job, and a fork while a thread holds a lock
    (of logging, of a connection pool) leaves that lock locked in the child for ever. A child also
    keeps ticking while its parent is busy, and is replaced when it died.

    Args:
        app: The app in whose context the function is called.
        on_tick: The function; returns whether workers can be woken.
        seconds: Pause between two calls.
        work: Does what is due.
    """

    def __init__(
        self,
        app: Flask,
        on_tick: Callable[[], bool],
        seconds: float,
        work: Callable[[], object],
    ) -> None:
        self._app = app
        self._on_tick = on_tick
        self._work = work
        self._work_pid = 0
        self._seconds = seconds
        self._parent = os.getpid()
        self._pid = 0

    def ensure_running(self) -> None:
        """Starts the child unless it is running. Does nothing in a forked process."""
        if os.getpid() != self._parent or (self._pid and not _has_ended(self._pid)):
            return
        self._pid = os.fork()
        if self._pid == 0:
            self._run()

    def stop(self) -> None:
        """Kills the child. At worst that happens between two commits, and leases expire."""
        if self._pid and os.getpid() == self._parent and not _has_ended(self._pid):
            os.kill(self._pid, signal.SIGKILL)
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
            os._exit(0)  # skips the clean-up of the worker, which is not ours

    def _tick(self) -> None:
        try:
            with self._app.app_context():
                can_wake = self._on_tick()
            if not can_wake:
                self._ensure_working()
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            _log.error("Tick failed: %s", redacted_traceback(error))

    def _ensure_working(self) -> None:
        """Starts the child that does what is due, unless it is running."""
        if self._work_pid and not _has_ended(self._work_pid):
            return
        loop = os.getpid()
        self._work_pid = os.fork()
        if self._work_pid:
            return
        try:
            die_with_parent(loop)
            signal.alarm(_WORK_SECONDS)
            forget_inherited_connections(self._app)
            _log.warning("The queue takes no wake-ups: doing what is due without it")
            with self._app.app_context():
                self._work()
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            _log.error("Work without the queue failed: %s", redacted_traceback(error))
        finally:
            os._exit(0)


def die_with_parent(parent: int) -> None:
    """Makes this process end when its parent does. Linux only; elsewhere it checks once.

    Args:
        parent: The process id of the parent. If it has already ended, this process ends at once.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def forget_inherited_connections(app: Flask) -> None:
    """After a fork, drop the parent's database connections without closing them.

    See https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing
    """
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)


def redacted_traceback(error: BaseException) -> str:
    """Returns type and frames of an error, without its text.

    The text may contain an e-mail address or the values of an SQL statement.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{frames}"


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True
