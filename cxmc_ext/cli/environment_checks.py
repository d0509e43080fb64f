"""Checks of `flask cxmc doctor` on the host's app, its Host class, its catalogs, the clocks and SQLite."""

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cxmc_ext.cli.check import Check, Findings, fail, ok, warn
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status
from cxmc_ext.web.catalogs import unknown_texts
from cxmc_ext.web.public import webhook

MIN_SECRET_KEY_LENGTH = 16
# Seconds. With more, times on the screens and due work are wrong.
MAX_CLOCK_SKEW = 10


def _secret_key(app: Flask, services: Services) -> Findings:
    if not app.secret_key:
        yield fail("SECRET_KEY is empty", "set it: without it nobody can log in.")
    elif len(app.secret_key) < MIN_SECRET_KEY_LENGTH:
        yield fail(
            "SECRET_KEY is short",
            'create one: python -c "import secrets; print(secrets.token_hex())".',
        )


def _session_cookie(app: Flask, services: Services) -> Findings:
    if app.config["SESSION_COOKIE_SECURE"]:
        yield ok("the session cookie is Secure", "it is only sent over https.")
    else:
        yield warn(
            "the session cookie is not Secure", "set SESSION_COOKIE_SECURE=True if you use https."
        )
    same_site = app.config["SESSION_COOKIE_SAMESITE"]
    if same_site == "Strict" and services.settings.offers_login:
        yield warn(
            "“Log in with MailChimp” fails: MailChimp's way back does not carry a SameSite=Strict cookie",
            'set SESSION_COOKIE_SAMESITE="Lax".',
        )
    elif same_site in {"Lax", "Strict"}:
        yield ok("the session cookie is SameSite", "other sites cannot use it.")
    else:
        yield warn("the session cookie has no SameSite", 'set SESSION_COOKIE_SAMESITE="Lax".')
    if not app.config["SESSION_COOKIE_HTTPONLY"]:
        yield fail("scripts can read the session cookie", "set SESSION_COOKIE_HTTPONLY=True.")


def _csrf(app: Flask, services: Services) -> Findings:
    """MailChimp sends no token. A CSRFProtect installed after us does not know the exemption."""
    protect = app.extensions.get("csrf")
    if protect is None or not services.settings.webhook_secrets or webhook.is_csrf_exempt(app):
        return
    yield fail("Flask-WTF refuses MailChimp's webhook", "call CSRFProtect(app) before CxMailChimp.")


def _host_methods(app: Flask, services: Services) -> Findings:
    host = services.host
    methods = [name for name in vars(Host) if not name.startswith("_")]
    missing = [name for name in methods if not callable(getattr(host, name, None))]
    name = type(host).__name__
    if missing:
        yield fail(
            f"{name} has no {', '.join(missing)}",
            "add the missing methods; HostContract tests what they must do.",
        )
    else:
        yield ok(f"{name} has every method", "HostContract tests what they do.")


def _time_zone(app: Flask, services: Services) -> Findings:
    if "CXMC_TIME_ZONE" not in app.config:
        yield warn(
            "every time is shown in UTC", 'set CXMC_TIME_ZONE, for example "Europe/Amsterdam".'
        )


def _catalogs(app: Flask, services: Services) -> Findings:
    for name, texts in unknown_texts(services.settings.translations).items():
        yield warn(
            f"{name} translates {texts[0]!r}, which is no text of ours",
            f"copy it from our nl.po; translations without effect in this file: {len(texts)}.",
        )


def _login_application(app: Flask, services: Services) -> Findings:
    client_id = services.settings.oauth_client_id
    if bool(client_id) != bool(services.settings.oauth_client_secret):
        empty = "CXMC_OAUTH_CLIENT_SECRET" if client_id else "CXMC_OAUTH_CLIENT_ID"
        yield warn(
            f"“Log in with MailChimp” is not offered: {empty} is empty", "set both, or neither."
        )


def _clocks(app: Flask, services: Services) -> Findings:
    try:
        skew = status.clock_skew(services)
    except SQLAlchemyError:
        return
    if abs(skew) > MAX_CLOCK_SKEW:
        direction = "ahead of" if skew > 0 else "behind"
        yield fail(
            f"this machine's clock is {abs(skew)} s {direction} the database's",
            "synchronize both with a time server (timedatectl set-ntp true).",
        )
    else:
        yield ok("the clocks agree", "this machine's and the database's.")


def _sqlite(app: Flask, services: Services) -> Findings:
    try:
        settings = status.sqlite_settings(services)
    except SQLAlchemyError:
        return
    if settings is None:
        return
    write_ahead_log, begin_immediate = settings
    if not write_ahead_log:
        yield warn(
            "SQLite has no write-ahead log",
            "run PRAGMA journal_mode=WAL once, or at every connect.",
        )
    if not begin_immediate:
        yield fail(
            "SQLite transactions begin without the write lock",
            "in SQLAlchemy's events set isolation_level = None at “connect” and run BEGIN IMMEDIATE at"
            " “begin”; otherwise concurrent ones fail.",
        )


ENVIRONMENT_CHECKS: tuple[Check, ...] = (
    _secret_key,
    _session_cookie,
    _csrf,
    _host_methods,
    _time_zone,
    _catalogs,
    _login_application,
    _clocks,
    _sqlite,
)
