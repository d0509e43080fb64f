"""What a monitoring system wants to know: a few numbers, each with a name that does not change."""

from collections.abc import Mapping
from dataclasses import dataclass

from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import overview as rows
from cxmc_ext.domain.values import AccountState
from cxmc_ext.services import Services
from cxmc_ext.usecases import overview, ticks

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Measure:
    """One gauge. `label` "" for a single number, whose key in `values` is "" then."""

    name: str
    meaning: str
    values: Mapping[str, float]
    label: str = ""


def measures(services: Services) -> tuple[Measure, ...]:
    session, now = services.session(), services.clock()
    account = accounts.current(session)
    seen = overview.glance(services)
    due = rows.oldest_due(session, account.id, now)
    calls = rows.calls_by_outcome(session, account.id, now - _HOUR)
    active = seen.state == AccountState.ACTIVE
    return (
        _one("cxmc_module_active", "1 while the module is activated.", active),
        _one("cxmc_key_refused", "1 while MailChimp refuses the key.", seen.key_refused),
        _one("cxmc_paused", "1 while the synchronisation is paused.", account.paused),
        _one("cxmc_queue_reachable", "1 while Redis answers.", services.queue.reachable()),
        _one("cxmc_syncs_due", "Mailings that are due.", seen.syncs_due),
        _one("cxmc_sync_lag_seconds", "How long the oldest is due.", now - due if due else 0),
        Measure("cxmc_heartbeat_age_seconds", "Age of the newest.", _ages(services), "kind"),
        Measure("cxmc_operations", "Operations by state.", seen.operations, "state"),
        Measure("cxmc_mailings", "Mailings by state.", seen.mailings, "state"),
        Measure("cxmc_calls_last_hour", "Calls to MailChimp by outcome.", calls, "outcome"),
    )


def _one(name: str, meaning: str, value: float) -> Measure:
    return Measure(name, meaning, {"": float(value)})


def _ages(services: Services) -> dict[str, float]:
    """A kind that was never seen has no line, so that an alert on its absence fires."""
    seen = ticks.health(services)
    ages = {"worker": seen.worker_age, "scheduler": seen.scheduler_age, "tick": seen.tick_age}
    return {kind: age for kind, age in ages.items() if age is not None}
