"""The checks of `flask cxmc doctor`: settings, secrets, Redis, database, accounts and heartbeats."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cxmc_ext.adapters.redis import check as redis_check
from cxmc_ext.cli.check import LEVELS, Check, Finding, Findings, fail, ok, warn
from cxmc_ext.cli.environment_checks import ENVIRONMENT_CHECKS
from cxmc_ext.cli.page_checks import PAGE_CHECKS
from cxmc_ext.cli.process_problems import find_process_problems
from cxmc_ext.config import CONFIG_KEYS
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.errors import MailChimpError, SetupError
from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import live_check
from cxmc_ext.usecases.accounts.webhook import WebhookState
from cxmc_ext.usecases.admin import schema, status
from cxmc_ext.usecases.opt_outs.groups import GROUPS_MISSING, has_lost_opt_out_groups
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.shared.error_places import describe_error
from cxmc_ext.usecases.shared.heartbeats import Liveness

_NO_SHARED_LIMIT = "your queue needs none; each process limits its calls to MailChimp by itself."
_SECRET_KEYS = {key.name for key in CONFIG_KEYS if key.is_secret}


def run_checks(app: Flask, services: Services, *, online: bool = False) -> list[Finding]:
    """Runs every check; the findings that need an action come last. Changes nothing; needs an app context.

    Args:
        app: The app.
        services: The services of the app, or of the one account to check.
        online: Whether MailChimp is called, too.
    """
    checks = (*_CHECKS, _mailchimp) if online else _CHECKS
    findings = [finding for check in checks for finding in _findings(check, app, services)]
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def _findings(check: Check, app: Flask, services: Services) -> Findings:
    """What a check finds. If the Host's own code raises in it, that is found, and the other checks go on."""
    try:
        yield from check(app, services)
    except Exception as error:  # noqa: BLE001 - whatever the Host raises
        with suppress(SQLAlchemyError):
            services.session().rollback()
        yield fail(
            f"{type(services.host).__name__} raises {describe_error(error)}",
            "mend what is named last, then run doctor again.",
        )


def _settings(app: Flask, services: Services) -> Findings:
    for key in CONFIG_KEYS:
        if key.name in app.config:
            yield ok(f"{key.name}={_display(key.name, app.config[key.name])}", key.meaning)
    unset = sum(key.name not in app.config for key in CONFIG_KEYS)
    yield ok(f"{unset} settings are not set", "their defaults apply.")
    known = {key.name for key in CONFIG_KEYS}
    for name in sorted(app.config):
        if name.startswith("CXMC_") and name not in known:
            yield warn(f"{name} is not a setting", "remove it, or correct its name.")


def _secrets(app: Flask, services: Services) -> Findings:
    try:
        services.vault.open(services.vault.seal("-", "doctor"), "doctor")
    except SetupError as error:
        yield fail("the API key cannot be encrypted", str(error))
    else:
        yield ok("CXMC_SECRET_KEYS works", "the API key is encrypted in the database.")


def _redis(app: Flask, services: Services) -> Findings:
    """A queue of the Host's own need not be in Redis; then Redis only shares the limit of calls."""
    settings, problem = services.settings, services.queue.problem()
    found = redis_check.find_problem(settings.redis_url, settings.queue)
    is_away = found is not None and found.code == "queue_unreachable"
    if problem is None and not is_away:
        problem = found
    if problem is not None:
        message = message_for(problem)
        yield fail(message.text.rstrip("."), message.remedy)
    else:
        queue = "your queue takes wake-ups" if services.has_own_queue else "Redis answers"
        yield ok(queue, "workers are woken at once.")
    if is_away and services.has_own_queue:
        yield ok("Redis does not answer", _NO_SHARED_LIMIT)


def _database(app: Flask, services: Services) -> Findings:
    """Everything that needs the tables. Stops at missing ones, to report them only once."""
    try:
        tables = schema.schema_status(services)
        yield from _schema(tables)
        if not tables.missing:
            yield from _accounts(app, services)
            yield from _heartbeats(services)
    except SetupError as error:
        yield fail("there are no tables", str(error))
    except SQLAlchemyError as error:
        yield fail(
            f"the database does not answer ({type(error).__name__})",
            "start it, or correct SQLALCHEMY_DATABASE_URI.",
        )


def _schema(tables: schema.SchemaStatus) -> Findings:
    if tables.is_newer:
        yield fail("the tables belong to a later release", "install that release.")
    elif tables.missing:
        yield fail("; ".join(tables.missing), "run `flask cxmc upgrade`, or your own migrations.")
    elif tables.advisable:
        yield warn("; ".join(tables.advisable), "create it again with a migration of your own.")
    else:
        yield ok("the tables are those of this release", "there is nothing to migrate.")


def _accounts(app: Flask, services: Services) -> Findings:
    for ref in status.orphaned_accounts(services):
        yield fail(
            f"the account {ref} belongs to a tenant, but the Host has no tenants",
            "give the Host for_account again; until then this account is not processed.",
        )
    yield from _per_account(app, services, _account)


def _per_account(app: Flask, services: Services, check: Check) -> Findings:
    """Runs a check for the chosen account or for every account, named if there are several."""
    accounts = [services] if services.account_ref else status.services_per_account(services)
    prefixed = services.multi_account_host is not None
    for account in accounts:
        for finding in check(app, account):
            fact = f"{account.account_ref}: {finding.fact}" if prefixed else finding.fact
            yield Finding(finding.level, fact, finding.remedy)


def _account(app: Flask, services: Services) -> Findings:
    error = status.stored_key_error(services)
    module = status.snapshot(services)
    if error:
        yield fail("the stored MailChimp key is unusable", error)
    elif module.key_refused:
        yield fail("MailChimp refuses the key", "initialize with a new key.")
    else:
        meaning = "stored encrypted." if module.key else "enter it, or log in, in the settings."
        yield ok(f"MailChimp key: {module.key or 'none yet'}", meaning)
    if disabled := status.disabled_text(module):
        yield fail(f"the account is {disabled}", message_for(Problem("account_disabled")).remedy)
    if stopped := status.sending_stop_text(module):
        yield warn(stopped, "press “Allow sending again” in the control room when it may send.")
    yield from _webhook(services)
    for crash in module.crashes:
        yield fail(
            crash.rstrip("."), "the worker's log has the details; it is tried again by itself."
        )
    if has_lost_opt_out_groups(services.host, module.state):
        message = message_for(GROUPS_MISSING)
        yield fail(message.text.rstrip("."), message.remedy)
    if app.debug and module.key:
        yield warn(
            "debug is on and a key is stored", "turn debug off: its error pages show variables."
        )


def _webhook(services: Services) -> Findings:
    """How unsubscribes arrive: within seconds, or when a report is read."""
    module = status.snapshot(services)
    if not module.key or module.state == AccountState.INACTIVE:
        return
    finding, fact, meaning = _WEBHOOK_FINDINGS[module.webhook]
    reason = f"{module.webhook_problem} Then {meaning}" if module.webhook_problem else meaning
    yield finding(fact, reason)


_WEBHOOK_FINDINGS: Mapping[WebhookState, tuple[Callable[[str, str], Finding], str, str]] = {
    WebhookState.REGISTERED: (
        ok,
        "MailChimp calls the webhook",
        "unsubscribes arrive within seconds.",
    ),
    WebhookState.NO_ADDRESS: (
        ok,
        "there is no webhook, so unsubscribes are found when a report is read",
        "for seconds, set CXMC_PUBLIC_URL=https://crm.example.com (your address) and press Initialize.",
    ),
    WebhookState.MISSING: (warn, "MailChimp has no webhook of ours", "press Initialize."),
    WebhookState.OUTDATED: (
        warn,
        "MailChimp's webhook has another address than CXMC_PUBLIC_URL and its secret",
        "press Initialize: it is replaced.",
    ),
}


def _mailchimp(app: Flask, services: Services) -> Findings:
    try:
        yield from _per_account(app, services, _key_in_mailchimp)
    except (SetupError, SQLAlchemyError):
        yield fail("MailChimp was not asked", "fix the lines above, then connect an account.")


def _key_in_mailchimp(app: Flask, services: Services) -> Findings:
    problem = live_check.stored_key_problem(services)
    if problem is None:
        yield ok("MailChimp accepts the key", "role, plan and audience are sufficient.")
        yield from _webhook_at_mailchimp(services)
    else:
        message = message_for(problem)
        yield fail(message.text.rstrip("."), message.remedy)


def _webhook_at_mailchimp(services: Services) -> Findings:
    try:
        is_lost = live_check.has_lost_webhook(services)
    except MailChimpError as error:
        yield warn("MailChimp was not asked for its webhooks", error.text)
        return
    if is_lost:
        yield warn("the webhook was deleted or changed in MailChimp", "press Initialize.")


def _heartbeats(services: Services) -> Findings:
    health = heartbeats.health(services)
    for found in find_process_problems(services, health):
        message = message_for(found.problem)
        level = fail if found.severe else warn
        yield level(message.text.rstrip("."), message.remedy)
    if health.worker is Liveness.ALIVE:
        yield ok("a worker is alive", f"seen {health.worker_age} s ago.")
    if health.scheduler is Liveness.ALIVE:
        yield ok("the scheduler is alive", f"seen {health.scheduler_age} s ago.")


def _api_root(app: Flask, services: Services) -> Findings:
    root = services.settings.api_root
    if not root:
        yield ok("the API is MailChimp's", "in the datacenter of the key.")
    elif (urlsplit(root).hostname or "").endswith("mailchimp.com"):
        yield ok(f"the API is {root}", "set by CXMC_API_ROOT.")
    else:
        yield warn(f"the API is a stand-in at {root}", "clear CXMC_API_ROOT to use MailChimp.")


_CHECKS: tuple[Check, ...] = (
    _settings,
    _secrets,
    _redis,
    _database,
    _api_root,
    *PAGE_CHECKS,  # before the app's settings: Talisman sets the cookie's with the first request
    *ENVIRONMENT_CHECKS,
)


def _display(name: str, value: object) -> str:
    """Hides secrets, and the user and password of a URL, which may also be in its query."""
    if name in _SECRET_KEYS:
        return "set, hidden" if value else "empty"
    text = re.sub(r"(password=)[^&]*", r"\1…", str(value))
    parts = urlsplit(text) if "@" in text else None
    if parts is not None and parts.hostname:
        return parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}").geturl()
    return text
