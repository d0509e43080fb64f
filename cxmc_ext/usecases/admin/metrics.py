"""The module as numbers, for whoever watches many systems at once; per account where there are several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import status as rows
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status
from cxmc_ext.usecases.shared import heartbeats

_HOUR = 3600
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """One gauge: its numbers, each with the labels that tell it from the others."""

    name: str
    help: str
    samples: tuple[tuple[Labels, float], ...]


_HELP: Mapping[str, str] = {
    "cxmc_module_active": "1 while the module is activated.",
    "cxmc_key_refused": "1 while MailChimp refuses the key.",
    "cxmc_paused": "1 while the synchronisation is paused.",
    "cxmc_queue_reachable": "1 while Redis answers.",
    "cxmc_throttled_seconds": "How long MailChimp asks us to wait.",
    "cxmc_syncs_due": "Mailings that are due.",
    "cxmc_sync_lag_seconds": "How long the oldest is due.",
    "cxmc_heartbeat_age_seconds": "Age of the newest.",
    "cxmc_operations": "Operations by state.",
    "cxmc_mailings": "Mailings by state.",
    "cxmc_calls_last_hour": "Calls to MailChimp by outcome.",
}


def collect(services: Services) -> tuple[Metric, ...]:
    """A host with one account has no label that names it."""
    found: dict[str, list[tuple[Labels, float]]] = {name: [] for name in _HELP}
    for name, labels, value in _of_app(services):
        found[name].append((labels, value))
    for each in status.services_per_account(services):
        who = {"account": each.account_ref} if services.multi_account_host else {}
        for name, labels, value in _of_account(each):
            found[name].append((who | dict(labels), value))
    return tuple(Metric(name, _HELP[name], tuple(rows)) for name, rows in found.items())


def _of_app(services: Services) -> Iterator[tuple[str, Labels, float]]:
    """A kind of process that was never seen has no line, so that an alert on its absence fires."""
    yield "cxmc_queue_reachable", {}, services.queue.reachable()
    seen = heartbeats.health(services)
    ages = {"worker": seen.worker_age, "scheduler": seen.scheduler_age, "tick": seen.tick_age}
    for kind, age in ages.items():
        if age is not None:
            yield "cxmc_heartbeat_age_seconds", {"kind": kind}, age


def _of_account(services: Services) -> Iterator[tuple[str, Labels, float]]:
    session, now = services.session(), services.clock()
    account = accounts.get_or_create(session, services.account_ref)
    seen = status.snapshot(services)
    due = rows.oldest_due_since(session, account.id, now)
    yield "cxmc_module_active", {}, seen.state == AccountState.ACTIVE
    yield "cxmc_key_refused", {}, seen.key_refused
    yield "cxmc_paused", {}, account.sync_paused
    yield "cxmc_throttled_seconds", {}, max(0, account.back_off_until - now)
    yield "cxmc_syncs_due", {}, seen.syncs_due
    yield "cxmc_sync_lag_seconds", {}, now - due if due else 0
    calls = rows.calls_by_outcome(session, account.id, now - _HOUR)
    counts = {
        "cxmc_operations": ("state", seen.operations),
        "cxmc_mailings": ("state", seen.mailings),
        "cxmc_calls_last_hour": ("outcome", calls),
    }
    for name, (label, numbers) in counts.items():
        for value, number in numbers.items():
            yield name, {label: value}, number
