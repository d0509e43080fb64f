"""“Delete campaign” and “Unschedule”: the asking side. What happens then: steps_remove."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import mailings
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    Begin,
    OperationRequest,
    active_account,
    mailing_scope,
    submit,
)
from cxmc_ext.usecases.sending.requests import find_mailing

_DELETABLE = (
    MailingState.NOT_READY,
    MailingState.ATTENTION,
    MailingState.SCHEDULED,
    MailingState.IN_MAILCHIMP,
)


_SENT = (MailingState.SEND_INTENT, MailingState.SENDING, MailingState.SENT)


def request_delete(services: Services, press: Press) -> int:
    """Removes the MailChimp campaign and its segment; the form is free again.

    :raises Conflict: already_sent, nothing_to_delete, not_active, campaign_gone or busy.
    """
    return request_removal(
        services,
        press,
        OperationKind.DELETE,
        _DELETABLE,
        Problem("nothing_to_delete"),
    )


def request_removal(
    services: Services,
    press: Press,
    kind: OperationKind,
    states: Collection[MailingState],
    refusal: Problem,
) -> int:
    """Asks for a removal from one of these states. The mailing keeps its state until it is gone."""
    session = services.session()
    account = active_account(services)
    mailing = find_mailing(services, session, account, press)
    request = OperationRequest(press, kind, mailing_scope(mailing.id), mailing.id)
    return submit(services, request, _begin(mailing.id, states, refusal))


def _begin(mailing_id: int, states: Collection[MailingState], refusal: Problem) -> Begin:
    def begin(session: Session) -> Problem | None:
        state = mailings.get_for_update(session, mailing_id).state
        if state in states:
            return None
        return Problem("already_sent") if state in _SENT else refusal

    return begin


def request_unschedule(services: Services, press: Press) -> int:
    """Calls a scheduled campaign back. It is removed from MailChimp and the form is free again, so
    nothing can be sent afterwards without a new press of “Create and send” or “Create and schedule”.

    :raises Conflict: not_scheduled, already_sent, not_active, campaign_gone or busy.
    """
    return request_removal(
        services,
        press,
        OperationKind.UNSCHEDULE,
        (MailingState.SCHEDULED,),
        Problem("not_scheduled"),
    )
