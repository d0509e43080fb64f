"""The state of the module as numbers for a monitoring system; per account if there are several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import status as queries
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status
from cxmc_ext.usecases.shared import heartbeats

_HOUR = 3600
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """A Prometheus gauge: its samples, each with the labels that tell it from the others."""

    name: str
    help: str
    samples: tuple[tuple[Labels, float], ...]


_HELP: Mapping[str, str] = {
    "cxmc_module_active": "1 while the module is activated.",
    "cxmc_key_refused": "1 while MailChimp refuses the key.",
    "cxmc_account_disabled": "1 while MailChimp answers that the account is deactivated.",
    "cxmc_paused": "1 while the synchronization is paused.",
    "cxmc_sending_stopped": "1 while all sending is stopped.",
    "cxmc_queue_reachable": "1 while Redis answers.",
    "cxmc_throttled_seconds": "Seconds that MailChimp still asks us to wait.",
    "cxmc_syncs_due": "Number of mailings that are due for a sync.",
    "cxmc_sync_lag_seconds": "Seconds that the most overdue mailing has been due.",
    "cxmc_heartbeat_age_seconds": "Age of the newest heartbeat.",
    "cxmc_operations": "Number of operations by state.",
    "cxmc_mailings": "Number of mailings by state.",
    "cxmc_calls_last_hour": "Number of calls to MailChimp within the last hour, by outcome.",
}


def collect(services: Services) -> tuple[Metric, ...]:
    """Reads all metrics. With a multi-account Host, samples of accounts have the label `account`."""
    samples: dict[str, list[tuple[Labels, float]]] = {name: [] for name in _HELP}
    for name, labels, value in _of_app(services):
        samples[name].append((labels, value))
    for account_services in status.services_per_account(services):
        ref = account_services.account_ref
        account_label = {"account": ref} if services.multi_account_host else {}
        for name, labels, value in _of_account(account_services):
            samples[name].append((account_label | dict(labels), value))
    return tuple(Metric(name, _HELP[name], tuple(values)) for name, values in samples.items())


def _of_app(services: Services) -> Iterator[tuple[str, Labels, float]]:
    yield "cxmc_queue_reachable", {}, services.queue.problem() is None
    health = heartbeats.health(services)
    ages = {"worker": health.worker_age, "scheduler": health.scheduler_age, "tick": health.tick_age}
    for kind, age in ages.items():
        # A kind of process that was never seen has no sample: an alert on its absence fires.
        if age is not None:
            yield "cxmc_heartbeat_age_seconds", {"kind": kind}, age


def _of_account(services: Services) -> Iterator[tuple[str, Labels, float]]:
    session, now = services.session(), services.clock()
    account = accounts.get_or_create(session, services.account_ref)
    module = status.snapshot(services)
    due_since = queries.oldest_due_since(session, account.id, now)
    yield "cxmc_module_active", {}, module.state == AccountState.ACTIVE
    yield "cxmc_key_refused", {}, module.key_refused
    yield "cxmc_account_disabled", {}, module.disabled_since is not None
    yield "cxmc_paused", {}, account.sync_paused
    yield "cxmc_sending_stopped", {}, account.sending_stopped_at is not None
    yield "cxmc_throttled_seconds", {}, max(0, account.back_off_until - now)
    yield "cxmc_syncs_due", {}, module.syncs_due
    yield "cxmc_sync_lag_seconds", {}, now - due_since if due_since else 0
    calls = queries.calls_by_outcome(session, account.id, now - _HOUR)
    counts = {
        "cxmc_operations": ("state", module.operations),
        "cxmc_mailings": ("state", module.mailings),
        "cxmc_calls_last_hour": ("outcome", calls),
    }
    for name, (label, numbers) in counts.items():
        for value, number in numbers.items():
            yield name, {label: value}, number
