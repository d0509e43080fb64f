"""How far a test mail or the reading of a template is, from its one row."""

from cxmc_ext.db.models import Mailing, Operation
from cxmc_ext.db.queries import operations
from cxmc_ext.domain.values import ACTIVE_STATES, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens_pending import is_queued, wake_if_stale
from cxmc_ext.usecases.screens_values import OperationStatus
from cxmc_ext.usecases.trial import test_mail_scope

_SHOWN_FOR = 24 * 3600


def last_test_mail(services: Services, mailing: Mailing | None) -> OperationStatus | None:
    """The last test mail of a campaign, for a day."""
    if mailing is None:
        return None
    found = operations.get_latest(services.session(), test_mail_scope(mailing.id))
    recent = found is not None and services.clock() - found.created_at < _SHOWN_FOR
    return operation_status(services, found) if found is not None and recent else None


def operation_status(services: Services, operation: Operation) -> OperationStatus:
    now, active = services.clock(), operation.state in ACTIVE_STATES
    shown = OperationStatus(
        operation_id=operation.id,
        active=active,
        step=operation.step,
        queued=is_queued(operation, now),
        late=active and now - operation.created_at > services.settings.late_after,
        started_by=operation.actor_name,
        started_at=operation.created_at,
        ended_at=operation.ended_at,
        address_count=int(operation.payload.get("count") or 0),
        problems=problems_from_json(operation.problems),
    )
    if active:
        wake_if_stale(services, operation, now)
    return shown
