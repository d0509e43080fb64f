"""“Delete campaign” and “Unschedule”: stores the request. The steps are in `removal`."""

from collections.abc import Collection

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    active_account,
    mailing_scope,
    submit,
)
from cxmc_ext.usecases.operations.transitions import MailingTransition
from cxmc_ext.usecases.sending.requests import find_mailing

_DELETABLE = (
    MailingState.NOT_READY,
    MailingState.ATTENTION,
    MailingState.SCHEDULED,
    MailingState.IN_MAILCHIMP,
)
SENT_STATES = (MailingState.SEND_INTENT, MailingState.SENDING, MailingState.SENT)


def request_delete(services: Services, press: Press) -> int:
    """Requests to delete the MailChimp campaign and its segment; then the form is free again.

    Returns:
        The id of the operation.

    Raises:
        Conflict: already_sent, nothing_to_delete, not_active, campaign_gone or busy.
    """
    return _submit(services, press, OperationKind.DELETE, _DELETABLE, "nothing_to_delete")


def request_unschedule(services: Services, press: Press) -> int:
    """Requests to take a campaign off the schedule and to delete it; then the form is free again.

    Nothing can be sent afterwards without a new press of “Create and send” or “Create and schedule”.

    Returns:
        The id of the operation.

    Raises:
        Conflict: not_scheduled, already_sent, not_active, campaign_gone or busy.
    """
    allowed_from = (MailingState.SCHEDULED,)
    return _submit(services, press, OperationKind.UNSCHEDULE, allowed_from, "not_scheduled")


def request_unschedule_for_module(
    services: Services, press: Press, account_id: int, mailing_id: int
) -> int:
    """The same for a module that is being deactivated, also if it is not certain that it is scheduled.

    Returns:
        The id of the operation.

    Raises:
        Conflict: not_scheduled, already_sent or busy.
    """
    request = OperationRequest(
        press=press,
        kind=OperationKind.UNSCHEDULE,
        account_id=account_id,
        scope=mailing_scope(mailing_id),
        mailing_id=mailing_id,
        transition=MailingTransition(
            mailing_id=mailing_id,
            allowed_from=(MailingState.SCHEDULED, MailingState.ATTENTION),
            refusal="not_scheduled",
            refusal_by_state=dict.fromkeys(SENT_STATES, "already_sent"),
        ),
    )
    return submit(services, request)


def _submit(
    services: Services,
    press: Press,
    kind: OperationKind,
    allowed_from: Collection[MailingState],
    refusal: str,
) -> int:
    """The mailing keeps its state until the campaign is gone."""
    account = active_account(services)
    mailing = find_mailing(services, services.session(), account, press)
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account.id,
        scope=mailing_scope(mailing.id),
        mailing_id=mailing.id,
        transition=MailingTransition(
            mailing_id=mailing.id,
            allowed_from=allowed_from,
            refusal=refusal,
            refusal_by_state=dict.fromkeys(SENT_STATES, "already_sent"),
        ),
    )
    return submit(services, request)
