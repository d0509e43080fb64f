"""Celery, as far as docs/other-queues.md needs it; its broker runs or not, as a test says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Task:
    """A task calls its function, whatever its class."""

    app: "Celery"

    def __init__(self, function: Callable[..., None]) -> None:
        self.run = function

    def __call__(self, *args: Any) -> None:
        self.run(*args)

    def delay(self, *args: Any) -> None:
        """Accepts the call, if the broker runs. Nobody carries it out."""
        with self.app.connection_for_write() as connection:
            connection.ensure_connection()


class Celery:
    """The application, and at the same time its connection."""

    is_broker_running = True

    def __init__(self, name: str, task_cls: type[Task]) -> None:
        self.name = name
        self.task_cls = task_cls

    def config_from_object(self, config: dict[str, Any]) -> None:
        self.config = config

    def set_default(self) -> None:
        Task.app = self

    @contextmanager
    def connection_for_write(self, **_options: Any) -> Iterator["Celery"]:
        yield self

    def ensure_connection(self, **_options: int) -> None:
        if not self.is_broker_running:
            raise ConnectionRefusedError


def shared_task(**_options: bool) -> Callable[[Callable[..., None]], Task]:
    """The decorator."""
    return Task
