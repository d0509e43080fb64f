"""What must hold before a worker runs the first step of a claim."""

from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import OperationFamily, OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import AnyContext
from cxmc_ext.usecases.operations.signals import (
    RetryLater,
    StopOperation,
    needs_attention,
    sending_was_stopped,
)


def check_preconditions(context: AnyContext) -> None:
    """Checks what must hold, in order.

    These are activation, the stop of all sending, the deadline, throttling, rights, key, campaign and the
    MailChimp account.

    Raises:
        StopOperation: The operation must not be carried out (any more).
        RetryLater: MailChimp has throttled the account.
        MailChimpError: The account could not be read.
    """
    operation, account = context.operation, context.account
    if account.epoch != operation.epoch or account.state == AccountState.INACTIVE:
        raise StopOperation(OperationState.CANCELLED, Problem("deactivated"))
    if account.sending_stopped_at is not None and _is_unsent_build(context):
        raise sending_was_stopped()
    if context.now > operation.deadline:
        raise needs_attention("took_too_long")
    if account.back_off_until > context.now:
        raise RetryLater(account.back_off_until - context.now, Problem("waiting_throttled"))
    context.commit(started_at=operation.started_at or context.now)
    context.check_rights()
    if _works_at_mailchimp(context):
        _check_mailchimp_account(context)


def _is_unsent_build(context: AnyContext) -> bool:
    """With a send intent it goes on, to find out what happened; each request to send checks again."""
    is_build = context.spec.family is OperationFamily.BUILD
    return is_build and context.mailing.send_intent_at is None


def _works_at_mailchimp(context: AnyContext) -> bool:
    """False for operations that check the key themselves, and if nothing of a mailing is at MailChimp."""
    family = context.spec.family
    if family is OperationFamily.REMOVAL:
        mailing = context.mailing
        return bool(mailing.remote_id or mailing.create_intent_at or mailing.segment_name)
    return family is not OperationFamily.ACCOUNT


def _check_mailchimp_account(context: AnyContext) -> None:
    """The key must work, for the account that was connected when the button was pressed."""
    if context.account.key_refused:
        raise needs_attention("key_refused")
    if context.spec.family is OperationFamily.BUILD:
        _check_campaign(context)
    remote_account_id = context.call(context.api.account).account_id
    if remote_account_id != context.operation.remote_account_id:
        raise needs_attention("other_account")


def _check_campaign(context: AnyContext) -> None:
    """The user must still see the campaign. With a send intent we go on, to find out what happened."""
    mailing = context.mailing
    if mailing.send_intent_at is not None:
        return
    actor_id = context.operation.actor_id or None
    if context.services.host.campaign(mailing.campaign_ref, actor_id) is None:
        raise StopOperation(OperationState.CANCELLED, Problem("campaign_gone"))
