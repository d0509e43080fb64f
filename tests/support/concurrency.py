"""Another process, which acts at the very moment when we are about to run a statement."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

_TIMEOUT = 20


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
