"""CxMailChimp, the Flask extension: connects the packages to an app. No rules, no SQL, no HTTP."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask, current_app
from sqlalchemy import MetaData
from sqlalchemy.exc import SQLAlchemyError

from cxmc_ext import signals, web
from cxmc_ext.adapters.mailchimp.client import client_factory
from cxmc_ext.adapters.mailchimp.login import OAuthLogin
from cxmc_ext.adapters.redis.limiter import make_limiter
from cxmc_ext.adapters.rq.queue import RqQueue
from cxmc_ext.adapters.secrets import FernetVault
from cxmc_ext.cli import cxmc_commands
from cxmc_ext.config import read_settings
from cxmc_ext.db import engine
from cxmc_ext.db.base import Base
from cxmc_ext.db.schema import copy_tables_into
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.notices import StoredEvent
from cxmc_ext.domain.ports.host import Host, MultiAccountHost
from cxmc_ext.domain.ports.queue import Queue
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import schema
from cxmc_ext.usecases.notices import reading
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.shared.heartbeats import Liveness


@dataclass(frozen=True)
class CxMailChimpState:
    """What the extension keeps per app, in ``app.extensions["cxmc"]``."""

    services: Services


class CxMailChimp:
    """MailChimp campaigns for a Flask CRM.

    Either pass the app, or call `init_app` later, for as many apps as you like. The other methods act on
    the current app. Every setting is a ``CXMC_*`` key of ``app.config``; docs/configure.md lists them.

    Args:
        app: The Flask app, after ``db.init_app(app)`` of Flask-SQLAlchemy.
        host: Your implementation of `Host`; a class is instantiated once per app.
        queue: Replaces the rq queue: a `Queue` of your own, or that of a test.
        clock: Replaces the clock, for tests: returns whole Unix seconds.

    Raises:
        SetupError: As in `init_app`, which the constructor calls if it gets an app.
    """

    def __init__(
        self,
        app: Flask | None = None,
        host: Host | type[Host] | None = None,
        *,
        queue: Queue | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._host = host
        self._queue = queue
        self._clock = clock
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, host: Host | type[Host] | None = None) -> None:
        """Installs the extension into an app: pages, template globals, commands and tables.

        Args:
            app: The app, after ``db.init_app(app)`` of Flask-SQLAlchemy.
            host: Your implementation of `Host`, unless the constructor got it.

        Raises:
            SetupError: The extension is already installed in this app, Flask-SQLAlchemy is not, there
                is no host, the database is neither PostgreSQL nor SQLite, SQLite and `db.metadata` has
                a schema, or a CXMC_* setting or a catalog in CXMC_TRANSLATIONS is invalid. The message
                says what to do.
        """
        db = _flask_sqlalchemy(app)
        with app.app_context():
            engine.prepare(db.engine, db.session, db.metadata.schema)
        settings = read_settings(app.config)
        web.check_languages(settings)
        limiter = make_limiter(settings)
        crm = _create_host(host or self._host)
        services = Services(
            host=crm,
            client_factory=client_factory(settings, limiter),
            queue=self._queue or RqQueue(settings),
            has_own_queue=self._queue is not None,
            vault=FernetVault(settings.secret_keys),
            session=lambda: db.session(),
            clock=self._clock or (lambda: int(time.time())),
            settings=settings,
            tell=partial(signals.send, app),
            account_ref="" if isinstance(crm, MultiAccountHost) else DEFAULT_ACCOUNT,
            render_notification=partial(web.render_notification, settings),
            render_note=partial(web.render_note, settings),
            login=OAuthLogin(settings, limiter) if settings.offers_login else None,
        )
        copy_tables_into(db.metadata)
        app.extensions["cxmc"] = CxMailChimpState(services)
        app.register_blueprint(web.create_blueprint(services))
        app.jinja_env.globals.update(web.jinja_globals(services))
        app.cli.add_command(cxmc_commands)

    @property
    def metadata(self) -> MetaData:
        """The tables of the extension. They are also copied into ``db.metadata`` of every app."""
        return Base.metadata

    def create_tables(self) -> None:
        """Creates or upgrades the tables, like ``flask cxmc init-db``. Idempotent.

        For hosts that do not migrate with Alembic of their own, and for tests; needs an app context.

        Raises:
            SetupError: The tables differ from this release in a way no revision explains, or belong to
                a later release. Nothing was changed.
        """
        schema.upgrade(_current_services())

    def drop_tables(self) -> None:
        """Drops the tables with everything in them, before the extension is removed. Idempotent.

        Needs an app context. A host that migrates with Alembic of its own may let that drop them.

        Raises:
            SetupError: The module is still active; deactivate it first. Nothing was changed.
        """
        schema.drop(_current_services())

    def events(self, since: str = "") -> Iterator[StoredEvent]:
        """Reads the stored events of all campaigns, oldest first within a campaign; needs an app context.

        The iterator ends when there are no more for now. Memory does not grow with their number. An event
        may come again, with the same `key`.

        Args:
            since: The `cursor` of the last event you handled; "" for all events.

        Raises:
            ValueError: “not a cursor”: `since` is something else, such as a cursor that was cut off. It is
                raised when the first event is read.
        """
        return reading.stored_events(_current_services(), since)

    def health(self) -> dict[str, bool]:
        """Checks the parts that must work, for a health page; needs an app context.

        Returns:
            For each of "database", "redis", "worker" and "scheduler" whether it works. The database
            works if the tables of the extension can be read. "redis" is the queue, also one of your own.
            Worker and scheduler write heartbeats.
        """
        services = _current_services()
        try:
            processes = heartbeats.health(services)
        except SQLAlchemyError:
            services.session().rollback()
            processes = None
        return {
            "database": processes is not None,
            "redis": services.queue.problem() is None,
            "worker": processes is not None and processes.worker is not Liveness.GONE,
            "scheduler": processes is not None and processes.scheduler is not Liveness.GONE,
        }


def _current_services() -> Services:
    state: CxMailChimpState | None = current_app.extensions.get("cxmc")
    if state is None:
        raise SetupError("CxMailChimp is not installed in this app: call init_app(app) first.")
    return state.services


def _flask_sqlalchemy(app: Flask) -> Any:
    if "cxmc" in app.extensions:
        raise SetupError(
            "CxMailChimp is already installed in this app: call init_app once per app."
        )
    if "sqlalchemy" not in app.extensions:
        raise SetupError("Call db.init_app(app) of Flask-SQLAlchemy before CxMailChimp.")
    return app.extensions["sqlalchemy"]


def _create_host(host: Host | type[Host] | None) -> Host:
    if host is None:
        raise SetupError("Give CxMailChimp a host: CxMailChimp(app, host=YourHost()).")
    return host() if isinstance(host, type) else host
