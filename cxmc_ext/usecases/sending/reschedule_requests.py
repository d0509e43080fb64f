"""“Change time” of a scheduled campaign: stores the request. The steps are in `reschedule`."""

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operation_payloads import ReschedulePayload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import slot_problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    existing_operation,
    mailing_scope,
    sending_account,
    submit,
)
from cxmc_ext.usecases.operations.transitions import MailingTransition
from cxmc_ext.usecases.sending.removal_requests import SENT_STATES
from cxmc_ext.usecases.sending.requests import find_mailing


def request_reschedule(services: Services, press: Press, new_time: int) -> int:
    """Requests another time for a scheduled campaign. Until that has worked it keeps the old one.

    Args:
        services: The services of the account.
        press: The press, on a campaign.
        new_time: The time, in Unix seconds.

    Returns:
        The id of the operation.

    Raises:
        Invalid: schedule_at: a time that MailChimp does not accept, or the one it has.
        Conflict: not_scheduled, already_sent, not_active, no_key, key_refused, sending_stopped,
            campaign_gone or busy.
    """
    session = services.session()
    account = sending_account(services)
    mailing = find_mailing(services, session, account, press)
    request = OperationRequest(
        press=press,
        kind=OperationKind.RESCHEDULE,
        account_id=account.id,
        scope=mailing_scope(mailing.id),
        mailing_id=mailing.id,
        payload=ReschedulePayload(new_time=new_time, old_time=mailing.schedule_at or 0),
        transition=MailingTransition(
            mailing_id=mailing.id,
            allowed_from=(MailingState.SCHEDULED,),
            refusal="not_scheduled",
            refusal_by_state=dict.fromkeys(SENT_STATES, "already_sent"),
        ),
    )
    if existing_operation(session, request) is None and mailing.state == MailingState.SCHEDULED:
        _validate(new_time, mailing.schedule_at, services.clock())
    return submit(services, request)


def _validate(new_time: int, old_time: int | None, now: int) -> None:
    problem = Problem("time_unchanged") if new_time == old_time else slot_problem(new_time, now)
    if problem is not None:
        raise Invalid({"schedule_at": problem})
