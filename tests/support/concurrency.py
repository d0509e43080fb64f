"""Other processes, which act at the very same moment, or when we are about to run a statement."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from cxmc_ext.domain.errors import Conflict

_TIMEOUT = 30


def engine_of(app: Flask) -> Engine:
    with app.app_context():
        engine: Engine = app.extensions["sqlalchemy"].engine
    return engine


def run_in_thread(app: Flask, act: Callable[[], object]) -> threading.Thread:
    """Starts `act` in a thread with a session of its own, as another process has it."""

    def work() -> None:
        with app.app_context():
            act()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def join_thread(thread: threading.Thread) -> None:
    thread.join(_TIMEOUT)
    assert not thread.is_alive(), "the other process waits for ever"


def at_once(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """Does everything at the same moment, each in a thread with a session of its own.

    Returns:
        The results, in the order in which they came; of a Conflict its code.
    """
    together = threading.Barrier(len(acts))
    answers: list[object] = []

    def run(act: Callable[[], object]) -> None:
        together.wait(10)
        try:
            answers.append(act())
        except Conflict as refused:
            answers.append(refused.problem.code)
        finally:
            app.extensions["sqlalchemy"].session.remove()

    threads = [run_in_thread(app, partial(run, act)) for act in acts]
    for thread in threads:
        join_thread(thread)
    assert len(answers) == len(acts), "a thread died"
    return answers


@contextmanager
def interrupt_before(app: Flask, sql_prefix: str, act: Callable[[], object]) -> Iterator[None]:
    """Runs `act` in another process, to its end, before our first statement that starts like this."""
    engine, this_thread, interrupted = engine_of(app), threading.get_ident(), list[bool]()

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        is_ours = threading.get_ident() == this_thread
        if is_ours and not interrupted and statement.startswith(sql_prefix):
            interrupted.append(True)
            join_thread(run_in_thread(app, act))

    event.listen(engine, "before_cursor_execute", on_statement)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
    assert interrupted, f"no statement started with {sql_prefix}"
