"""The front door: CxMailChimp wires the rooms into a host's Flask app. No rule, no SQL, no HTTP."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import MetaData

from cxmc_ext import web
from cxmc_ext.adapters.mailchimp.client import client_factory
from cxmc_ext.adapters.redis.limiter import make_limiter
from cxmc_ext.adapters.rq.queue import RqQueue
from cxmc_ext.adapters.secrets import FernetVault
from cxmc_ext.cli import cxmc_commands
from cxmc_ext.config import read_settings
from cxmc_ext.db.base import Base
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.ports.mailchimp import ClientFactory
from cxmc_ext.domain.ports.queue import Queue
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import schema
from cxmc_ext.usecases.shared import heartbeats

metadata = Base.metadata


@dataclass(frozen=True)
class CxMailChimpState:
    """What one app has at `app.extensions["cxmc"]`."""

    services: Services
    db: Any

    @property
    def metadata(self) -> MetaData:
        return metadata

    def create_tables(self) -> None:
        """Adds what is missing of our tables; for hosts without migrations. Idempotent.

        :raises SetupError: where adding is not enough; nothing was changed then.
        """
        schema.upgrade(self.services)

    def health(self) -> dict[str, bool]:
        """Name of each part that must live, and whether it does; needs an app context."""
        seen = heartbeats.health(self.services)
        return {
            "database": True,
            "redis": self.services.queue.reachable(),
            "worker": seen.worker_alive,
            "scheduler": seen.scheduler_alive,
        }


class CxMailChimp:
    """MailChimp campaigns for a Flask CRM.

    ``CxMailChimp(app, host=AcmeHost())`` after ``db.init_app(app)``, or ``init_app`` later, as often
    as there are apps. Everything of one app lies in ``app.extensions["cxmc"]``.

    :param app: the Flask app, if it is at hand.
    :param host: an object, or a class that is made here, with the methods of ``Host``.
    :param queue: replaces the rq queue (tests).
    :param clock: replaces the wall clock, whole Unix seconds (tests).
    :param mailchimp: replaces the HTTP client (tests).
    """

    def __init__(
        self,
        app: Flask | None = None,
        host: Host | type[Host] | None = None,
        *,
        queue: Queue | None = None,
        clock: Callable[[], int] | None = None,
        mailchimp: ClientFactory | None = None,
    ) -> None:
        self._host = host
        self._queue = queue
        self._clock = clock
        self._mailchimp = mailchimp
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, host: Host | type[Host] | None = None) -> None:
        """Installs the extension into one app.

        :raises SetupError: when it is there already, Flask-SQLAlchemy is not, no host was given, or a
            CXMC_* key does not do; the message says what to do.
        """
        db = _database(app)
        settings = read_settings(app.config)
        crm = _host(host or self._host)
        services = Services(
            host=crm,
            client_factory=self._mailchimp or client_factory(settings, make_limiter(settings)),
            queue=self._queue or RqQueue(settings),
            vault=FernetVault(settings.secret_keys),
            session=lambda: db.session(),
            clock=self._clock or (lambda: int(time.time())),
            settings=settings,
            account_ref="" if hasattr(crm, "for_account") else DEFAULT_ACCOUNT,
        )
        _show_tables(db)
        app.extensions["cxmc"] = CxMailChimpState(services, db)
        app.register_blueprint(web.create_blueprint(services))
        app.jinja_env.globals.update(web.jinja_globals(services))
        app.cli.add_command(cxmc_commands)


def _database(app: Flask) -> Any:
    if "cxmc" in app.extensions:
        raise SetupError(
            "CxMailChimp is already installed in this app: call init_app once per app, and use"
            ' app.extensions["cxmc"] afterwards.'
        )
    if "sqlalchemy" not in app.extensions:
        raise SetupError("Call db.init_app(app) of Flask-SQLAlchemy before CxMailChimp.")
    return app.extensions["sqlalchemy"]


def _host(host: Host | type[Host] | None) -> Host:
    if host is None:
        raise SetupError("Give CxMailChimp a host: CxMailChimp(app, host=YourHost()).")
    return host() if isinstance(host, type) else host


def _show_tables(db: Any) -> None:
    """Copies our tables into the host's metadata, so that its Alembic and create_all see them."""
    for table in metadata.sorted_tables:
        if table.name not in db.metadata.tables:
            table.to_metadata(db.metadata)
