"""flask cxmc doctor: every setting, and whether what the module leans on is there."""

import re
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cxmc_ext.adapters.redis import check as redis_check
from cxmc_ext.cli.check import Check, Finding, Findings, fail, ok
from cxmc_ext.cli.environment_checks import ENVIRONMENT_CHECKS
from cxmc_ext.config import CONFIG_KEYS
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import live_check
from cxmc_ext.usecases.admin import schema, status
from cxmc_ext.usecases.shared import heartbeats

_SECRET = {"CXMC_SECRET_KEYS", "CXMC_METRICS_TOKEN", "CXMC_WEBHOOK_SECRETS"}


def run_checks(app: Flask, services: Services, *, online: bool = False) -> list[Finding]:
    """Needs an app context and changes nothing; calls MailChimp only when `online`."""
    checks = (*_CHECKS, _online) if online else _CHECKS
    return [finding for check in checks for finding in check(app, services)]


def _settings(app: Flask, services: Services) -> Findings:
    for key in CONFIG_KEYS:
        given = key.name in app.config
        value = _shown(key.name, app.config.get(key.name, key.default))
        yield ok(f"{key.name}={value}{'' if given else ' (default)'}", key.meaning)
    known = {key.name for key in CONFIG_KEYS}
    for name in sorted(app.config):
        if name.startswith("CXMC_") and name not in known:
            yield Finding("warn", f"{name} is not a setting", "remove it, or mend its name.")


def _secrets(app: Flask, services: Services) -> Findings:
    try:
        services.vault.open(services.vault.seal("-", "doctor"), "doctor")
    except SetupError as error:
        yield Finding("fail", "the API key cannot be encrypted", str(error))
    else:
        yield ok("CXMC_SECRET_KEYS works", "the API key is encrypted at rest.")


def _redis(app: Flask, services: Services) -> Findings:
    trouble = redis_check.find_problems(services.settings.redis_url)
    for fact, remedy in trouble:
        yield fail(fact, remedy)
    if services.queue.reachable():
        yield ok("Redis answers", "workers are woken at once.")
    elif not trouble:
        remedy = "start it, or mend CXMC_REDIS_URL."
        if "+sentinel" in services.settings.redis_url:
            remedy = "start Sentinels and Redis, or mend hosts and name in CXMC_REDIS_URL."
        yield Finding("fail", "Redis does not answer", remedy)


def _database(app: Flask, services: Services) -> Findings:
    """Everything that needs the tables; stops where they do not fit, to report that only once."""
    try:
        found = schema.schema_status(services)
        yield from _schema(found)
        if not found.missing:
            yield from _rows(app, services)
    except SQLAlchemyError as error:
        yield Finding(
            "fail",
            f"the database does not answer ({type(error).__name__})",
            "mend SQLALCHEMY_DATABASE_URI.",
        )


def _schema(found: schema.SchemaStatus) -> Findings:
    if found.is_newer:
        yield fail("the tables belong to a later release", "install that release.")
    elif found.missing:
        yield fail("; ".join(found.missing), "run `flask cxmc upgrade`, or your own migrations.")
    elif found.advisable:
        yield Finding(
            "warn", "; ".join(found.advisable), "create it again by a migration of your own."
        )
    else:
        yield ok("the tables are those of this release", "nothing to migrate.")


def _rows(app: Flask, services: Services) -> Findings:
    for ref in status.orphaned_accounts(services):
        yield Finding(
            "fail",
            f"the account {ref} belongs to a tenant, and the Host has none",
            "give it for_account again: until then that account stands still.",
        )
    yield from _per_account(app, services, _account)
    yield from _heartbeats(services)


def _per_account(app: Flask, services: Services, check: Check) -> Findings:
    """The one account that is meant, or each there is, with its name where there are several."""
    for one in [services] if services.account_ref else status.services_per_account(services):
        for found in check(app, one):
            named = (
                f"{one.account_ref}: {found.fact}" if services.multi_account_host else found.fact
            )
            yield Finding(found.level, named, found.remedy)


def _account(app: Flask, services: Services) -> Findings:
    trouble = status.stored_key_error(services)
    seen = status.snapshot(services)
    if trouble:
        yield Finding("fail", "the stored MailChimp key is unusable", trouble)
    elif seen.key_refused:
        yield Finding("fail", "MailChimp refuses the key", "initialise with a new one.")
    else:
        yield ok(f"MailChimp key {seen.key or 'none yet'}", "set under Settings.")
    if app.debug and seen.key:
        yield Finding(
            "warn",
            "debug is on and a key is stored",
            "switch debug off: its pages show variables.",
        )


def _online(app: Flask, services: Services) -> Findings:
    try:
        yield from _per_account(app, services, _asked)
    except (SetupError, SQLAlchemyError):
        yield fail("MailChimp was not asked", "mend the lines above, then connect an account.")


def _asked(app: Flask, services: Services) -> Findings:
    why = live_check.stored_key_problem(services)
    if why is None:
        yield ok("MailChimp takes the key", "role, plan and audience do.")
    else:
        words = message_for(why)
        yield fail(words.text.rstrip("."), words.remedy)


def _heartbeats(services: Services) -> Findings:
    alive = heartbeats.health(services)
    if alive.worker_alive:
        yield ok("a worker lives", f"seen {alive.worker_age} s ago.")
    else:
        yield Finding("fail", "no worker lives", "start `flask cxmc worker`.")
    if alive.worker_alive and not alive.tick_alive:
        yield fail(
            "a worker lives, but nobody looks for due work",
            "read its log for “tick failed”, then restart it.",
        )
    if alive.scheduler_alive:
        yield ok("the scheduler lives", f"seen {alive.scheduler_age} s ago.")
    else:
        yield Finding(
            "warn",
            "no scheduler lives",
            "start `flask cxmc scheduler`; until then workers look for due work themselves.",
        )


def _api_root(app: Flask, services: Services) -> Findings:
    root = services.settings.api_root
    if not root:
        yield ok("the API is MailChimp's", "by the datacenter of the key.")
    elif (urlsplit(root).hostname or "").endswith("mailchimp.com"):
        yield ok(f"the API is {root}", "fixed by CXMC_API_ROOT.")
    else:
        yield Finding(
            "warn",
            f"the API is a stand-in at {root}",
            "clear CXMC_API_ROOT to reach MailChimp.",
        )


_CHECKS: tuple[Check, ...] = (
    _settings,
    _secrets,
    _redis,
    _database,
    _api_root,
    *ENVIRONMENT_CHECKS,
)


def _shown(name: str, value: object) -> str:
    """Secrets as their presence, addresses without their password."""
    if name in _SECRET:
        return "set, hidden" if value else "empty"
    text = re.sub(r"(password=)[^&]*", r"\1…", str(value))
    parts = urlsplit(text) if "@" in text else None
    if parts is not None and parts.hostname:
        return parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}").geturl()
    return text
