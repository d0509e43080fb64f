"""The last test mail of a campaign, as one line of the form."""

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import operations
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.progress import OperationStatus, operation_status
from cxmc_ext.usecases.sending.test_mail_requests import test_mail_scope

_SHOWN_SECONDS = 24 * 3600


def last_test_mail(services: Services, mailing: Mailing | None) -> OperationStatus | None:
    """Describes the last test mail of a campaign; None when there was none within a day."""
    if mailing is None:
        return None
    operation = operations.get_latest(services.session(), test_mail_scope(mailing.id))
    if operation is None or services.clock() - operation.created_at >= _SHOWN_SECONDS:
        return None
    return operation_status(services, operation)
