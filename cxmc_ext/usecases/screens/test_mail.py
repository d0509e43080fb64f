"""How far a test mail or the reading of a template is, from its one row."""

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import operations
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.progress import (
    OperationStatus,
    operation_status,
)
from cxmc_ext.usecases.sending.test_mail_requests import test_mail_scope

_SHOWN_FOR = 24 * 3600


def last_test_mail(services: Services, mailing: Mailing | None) -> OperationStatus | None:
    """The last test mail of a campaign, for a day."""
    if mailing is None:
        return None
    found = operations.get_latest(services.session(), test_mail_scope(mailing.id))
    recent = found is not None and services.clock() - found.created_at < _SHOWN_FOR
    return operation_status(services, found) if found is not None and recent else None
