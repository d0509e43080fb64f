"""What flask cxmc doctor finds around the module: the host's app, its class, the clocks, SQLite."""

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cxmc_ext.cli.check import Check, Findings, fail, ok, warn
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status
from cxmc_ext.web.public import webhook

MIN_SECRET_KEY_LENGTH = 16
"""Characters of a SECRET_KEY that nobody guesses."""
MAX_CLOCK_SKEW = 10
"""Seconds two clocks may differ before times on the screen and due work are wrong."""


def _secret(app: Flask, services: Services) -> Findings:
    if not app.secret_key:
        yield fail("SECRET_KEY is empty", "set it: nobody can log in without.")
    elif len(app.secret_key) < MIN_SECRET_KEY_LENGTH:
        yield fail(
            "SECRET_KEY is short",
            'make one: python -c "import secrets; print(secrets.token_hex())".',
        )


def _browser(app: Flask, services: Services) -> Findings:
    if app.config["SESSION_COOKIE_SECURE"]:
        yield ok("the session cookie is Secure", "it only travels over https.")
    else:
        yield warn("the session cookie is not Secure", "set SESSION_COOKIE_SECURE=True with https.")
    if app.config["SESSION_COOKIE_SAMESITE"] in {"Lax", "Strict"}:
        yield ok("the session cookie is SameSite", "other sites cannot use it.")
    else:
        yield warn("the session cookie has no SameSite", 'set SESSION_COOKIE_SAMESITE="Lax".')
    if not app.config["SESSION_COOKIE_HTTPONLY"]:
        yield fail("scripts may read the session cookie", "set SESSION_COOKIE_HTTPONLY=True.")


def _csrf(app: Flask, services: Services) -> Findings:
    """The hook has no token; CSRFProtect that came later does not know that it needs none."""
    guard = app.extensions.get("csrf")
    if guard is None or not services.settings.webhook_secrets or webhook.is_csrf_exempt(app):
        return
    yield fail("Flask-WTF refuses MailChimp's webhook", "call CSRFProtect(app) before CxMailChimp.")


def _host(app: Flask, services: Services) -> Findings:
    wanted = [name for name in vars(Host) if not name.startswith("_")]
    missing = [name for name in wanted if not callable(getattr(services.host, name, None))]
    if missing:
        yield fail(
            f"{type(services.host).__name__} lacks {', '.join(missing)}",
            "write what is missing; HostContract tells whether it does what it should.",
        )
    else:
        yield ok(f"{type(services.host).__name__} has every method", "HostContract tells more.")


def _zone(app: Flask, services: Services) -> Findings:
    if "CXMC_TIME_ZONE" not in app.config:
        yield warn(
            "every time is shown in UTC", 'set CXMC_TIME_ZONE, for example "Europe/Amsterdam".'
        )


def _clock(app: Flask, services: Services) -> Findings:
    try:
        skew = status.clock_skew(services)
    except SQLAlchemyError:
        return
    if abs(skew) > MAX_CLOCK_SKEW:
        where = "ahead of" if skew > 0 else "behind"
        yield fail(
            f"this machine's clock is {abs(skew)} s {where} the database's",
            "let both follow a time server (timedatectl set-ntp true).",
        )
    else:
        yield ok("the clocks agree", "this machine's and the database's.")


def _sqlite(app: Flask, services: Services) -> Findings:
    try:
        found = status.sqlite_settings(services)
    except SQLAlchemyError:
        return
    if found is None:
        return
    wal, immediate = found
    if not wal:
        yield warn(
            "SQLite keeps no write-ahead log", "run PRAGMA journal_mode=WAL, see docs/integrate.md."
        )
    if not immediate:
        yield fail(
            "SQLite transactions begin without the write lock",
            "begin them with BEGIN IMMEDIATE, see docs/integrate.md: two at once fail otherwise.",
        )


ENVIRONMENT_CHECKS: tuple[Check, ...] = (_secret, _browser, _csrf, _host, _zone, _clock, _sqlite)
