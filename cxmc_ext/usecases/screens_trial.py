"""How far a test mail or the reading of a template is, from its one row."""

from cxmc_ext.db.models import Mailing, Operation
from cxmc_ext.db.queries import operations
from cxmc_ext.domain.values import ACTIVE_STATES, whys_of
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens_pending import is_queued, wake
from cxmc_ext.usecases.screens_values import Trial
from cxmc_ext.usecases.trial import trial_scope

_SHOWN_FOR = 24 * 3600


def last_test(services: Services, mailing: Mailing | None) -> Trial | None:
    """The last test mail of a campaign, for a day."""
    if mailing is None:
        return None
    found = operations.last_of(services.session(), trial_scope(mailing.id))
    recent = found is not None and services.clock() - found.created_at < _SHOWN_FOR
    return trial(services, found) if found is not None and recent else None


def trial(services: Services, operation: Operation) -> Trial:
    now, active = services.clock(), operation.state in ACTIVE_STATES
    shown = Trial(
        operation=operation.id,
        active=active,
        step=operation.step,
        queued=is_queued(operation, now),
        late=active and now - operation.created_at > services.settings.late_after,
        by=operation.actor_name,
        since=operation.created_at,
        ended_at=operation.ended_at,
        count=int(operation.payload.get("count") or 0),
        whys=whys_of(operation.why),
    )
    if active:
        wake(services, operation, now)
    return shown
