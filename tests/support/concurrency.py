"""Another process: something it does at the very moment when a statement of ours is about to run."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

_WAITED_FOR = 20


def engine_of(app: Flask) -> Engine:
    with app.app_context():
        found: Engine = app.extensions["sqlalchemy"].engine
    return found


def run_in_thread(app: Flask, act: Callable[[], object]) -> threading.Thread:
    """Begins in a session of its own, as another process would."""

    def work() -> None:
        with app.app_context():
            act()

    other = threading.Thread(target=work)
    other.start()
    return other


def join_thread(other: threading.Thread) -> None:
    other.join(_WAITED_FOR)
    assert not other.is_alive(), "it waits for ever"


@contextmanager
def interrupt_before(app: Flask, words: str, act: Callable[[], object]) -> Iterator[None]:
    """`act` is done by another process when this one first says `words`, and has ended by then."""
    engine, mine, done = engine_of(app), threading.get_ident(), list[bool]()

    def met(_link: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if threading.get_ident() == mine and not done and statement.startswith(words):
            done.append(True)
            join_thread(run_in_thread(app, act))

    event.listen(engine, "before_cursor_execute", met)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", met)
    assert done, f"nobody said {words}"
