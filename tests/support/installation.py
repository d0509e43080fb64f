"""A healthy installation for `flask cxmc doctor`, and ways to break it."""

from flask import Flask
from sqlalchemy import text

from cxmc_ext.services import Services
from cxmc_ext.testing import Clock, ManualQueue
from cxmc_ext.usecases.shared import heartbeats


class Installation:
    """A healthy installation, and ways to break it."""

    def __init__(self, app: Flask, services: Services, queue: ManualQueue, clock: Clock) -> None:
        self.app, self.services, self.queue, self.clock = app, services, queue, clock
        heartbeats.write_heartbeat(services, "worker:here:1", "worker")
        heartbeats.write_heartbeat(services, "scheduler:here:1", "scheduler")
        heartbeats.write_heartbeat(services, "tick", "tick")
        app.secret_key = "a long secret that nobody guesses"
        app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")

    def sql(self, statement: str) -> None:
        self.services.session().execute(text(statement))
        self.services.session().commit()

    def set(self, **config: object) -> None:
        self.app.config.update(config)

    def settings(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self.services.settings, name, value)

    def lines(self, *options: str) -> list[str]:
        result = self.app.test_cli_runner().invoke(args=["cxmc", "doctor", *options])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        self.code = result.exit_code
        return [line for line in result.output.splitlines() if line]

    def problems(self, *options: str) -> list[str]:
        *findings, _total = self.lines(*options)
        return [line for line in findings if not line.startswith("ok ")]
