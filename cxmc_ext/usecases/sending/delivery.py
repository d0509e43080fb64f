"""Last steps of a send: the look at late opt-outs and the intent in one transaction, the act, its proof.

`asked` in the operation's payload says whether MailChimp may have been asked to send: "no", "maybe" or
"yes" (it confirmed). Where it is missing, a press before this one may have asked: "maybe".
"""

from cxmc_ext.db.queries import accounts, mailings, sync_due
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Forbidden, KeyRefused, MailChimpError, NotFound, Refused
from cxmc_ext.domain.mailchimp import RemoteCampaign
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import is_too_late
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import (
    RetryLater,
    StopOperation,
    error_text,
    needs_attention,
    not_ready,
)
from cxmc_ext.usecases.sending.draft import require_own_segment
from cxmc_ext.usecases.sending.recipients import find_late_opt_outs
from cxmc_ext.usecases.sending.remote_status import CHECK_AGAIN_DELAY

MAX_REBUILDS = 3
"""How often late opt-outs may send it back to the segment."""

STATE_OF: dict[str, MailingState] = {
    "schedule": MailingState.SCHEDULED,
    "sending": MailingState.SENDING,
    "sent": MailingState.SENT,
    "canceling": MailingState.CANCELLED,
    "canceled": MailingState.CANCELLED,
}


def commit_intent(run: OperationContext) -> str | None:
    """Under the lock that opt-outs take as well: nobody opted out, and so the intent is committed.

    What an earlier claim verified may be long ago: then it is verified anew.
    """
    if not run.draft_verified:
        return "verify"
    _refuse_missed(run)
    run.session.commit()
    accounts.lock(run.session, run.account.id)
    late = find_late_opt_outs(run)
    if late:
        return _rebuild(run)
    if run.services.settings.send_mode == "mailchimp" and run.mailing.schedule_at is None:
        _hand_over(run)
    mailings.update_columns(
        run.session,
        run.mailing.id,
        state=MailingState.SEND_INTENT,
        send_intent_at=run.now,
        problems=[],
    )
    run.commit_progress(asked="no")
    run.fresh_intent = True
    return None


def submit_campaign(run: OperationContext) -> None:
    """Sends or schedules the persisted id, and never while an earlier request may still take effect."""
    asked = run.payload.get("asked", "maybe")
    if asked == "yes":
        return
    if not (run.fresh_intent and asked == "no") and not _may_submit(run, certain=asked == "no"):
        return
    mailing = run.mailing
    remote_id, at = mailing.remote_id or "", mailing.schedule_at
    mailings.update_columns(run.session, mailing.id, send_intent_at=run.now)
    run.commit_progress(asked="maybe")
    run.fresh_intent = False
    try:
        if at is None:
            run.call(run.api.send, remote_id)
        else:
            run.call(run.api.schedule, remote_id, at)
    except MailChimpError as error:
        _handle_refusal(run, error)
        return
    run.commit_progress(asked="yes")


def confirm_submitted(run: OperationContext) -> str | None:
    """Proves by reading that it was sent or scheduled; from here on synchronisation follows it."""
    found = _read(run)
    state = STATE_OF.get(found.status)
    if state is None and found.status == "save" and run.payload.get("asked") == "yes":
        raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle"))
    if state is None:
        raise needs_attention("changed_in_mailchimp", status=found.status)
    mailing = run.mailing
    mailing.state = state
    mailing.problems = []
    mailing.remote_status = found.status
    mailing.emails_sent = found.emails_sent
    mailing.sent_at = found.send_time if state == MailingState.SENT else None
    sync_due.start_syncing(run.session, mailing, run.now)
    run.commit()
    return None


def clear_intent(run: OperationContext) -> None:
    """MailChimp has a draft and no request is under way: nothing was sent, that is proven."""
    mailings.update_columns(run.session, run.mailing.id, send_intent_at=None)
    run.commit()


def _may_submit(run: OperationContext, *, certain: bool) -> bool:
    """Reads before acting again: True = not done, and may be done now; False = it was done.

    :raises Pause: a request without an answer may still arrive.
    :raises Halt: the world changed meanwhile.
    """
    found = _read(run)
    if found.status != "save":
        return False
    asked_at = run.mailing.send_intent_at or 0
    left = asked_at + run.services.settings.settle_seconds - run.now
    if not certain and left > 0:
        raise RetryLater(left, Problem("waiting_settle"))
    late = find_late_opt_outs(run)
    try:
        require_own_segment(run, found)
        _refuse_missed(run)
    except StopOperation:
        clear_intent(run)
        raise
    if late:
        clear_intent(run)
        raise needs_attention("opted_out_meanwhile")
    return True


def _read(run: OperationContext) -> RemoteCampaign:
    try:
        return run.call(run.api.campaign, run.mailing.remote_id or "")
    except NotFound:
        raise needs_attention("gone_unknown") from None


def _handle_refusal(run: OperationContext, error: MailChimpError) -> None:
    """Without an answer nothing is known; a refusal is certain, and MailChimp says what is the case.

    :raises MailChimpError: the error itself, to be waited out.
    :raises Halt: MailChimp refuses; the intent is void.
    """
    if error.outcome != "refused":
        raise error
    run.commit_progress(asked="no")
    if not isinstance(error, Refused) or isinstance(error, KeyRefused):
        raise error
    if _read(run).status != "save":
        return
    clear_intent(run)
    code = "mailchimp_forbids" if isinstance(error, Forbidden) else "mailchimp_refused"
    raise not_ready(code, error_text(error))


def _refuse_missed(run: OperationContext) -> None:
    """A missed time is never turned into “send now”. MailChimp's clock decides."""
    at = run.mailing.schedule_at
    if at is None:
        return
    server_time = run.call(run.api.account).server_time or run.now
    if is_too_late(at, server_time):
        raise needs_attention("schedule_passed")


def _rebuild(run: OperationContext) -> str:
    """Back to a new segment and draft without them; the old ones are removed there."""
    loops = run.operation.opt_out_rebuilds + 1
    run.commit(opt_out_rebuilds=loops)
    if loops > MAX_REBUILDS:
        raise needs_attention("opt_outs_keep_coming")
    return "segment"


def _hand_over(run: OperationContext) -> None:
    """CXMC_SEND_MODE=mailchimp: the last press is a person's, in MailChimp; we follow what happens."""
    sync_due.start_syncing(run.session, run.mailing, run.now)
    run.commit()
    raise StopOperation(OperationState.DONE, mailing=MailingState.IN_MAILCHIMP)
