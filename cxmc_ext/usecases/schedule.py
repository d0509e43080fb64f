"""“Unschedule”: the asking side."""

from cxmc_ext.domain.values import MailingState, OperationKind, User, Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.remove import request_removal


def request_unschedule(services: Services, actor: User, nonce: str, campaign_ref: str) -> int:
    """Calls a scheduled campaign back. It is removed from MailChimp and the form is free again, so
    nothing can be sent afterwards without a new press of “Create and send” or “Create and schedule”.

    :raises Conflict: not_scheduled, already_sent, not_active, campaign_gone or busy.
    """
    return request_removal(
        services,
        actor,
        nonce,
        campaign_ref,
        OperationKind.UNSCHEDULE,
        (MailingState.SCHEDULED,),
        Problem("not_scheduled"),
    )
