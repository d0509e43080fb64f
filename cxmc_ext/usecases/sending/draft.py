"""Steps that make the MailChimp campaign: draft with its segment, content, the look at readiness."""

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import mailings, sync_due
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import LostLease, MailChimpError, NotFound, Refused
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import Checklist, Draft, RemoteCampaign
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.mailchimp_reasons import checklist_problems
from cxmc_ext.usecases.operations.context import LISTING_DELAY, OperationContext
from cxmc_ext.usecases.operations.signals import (
    RetryLater,
    StopOperation,
    needs_attention,
    not_ready,
)
from cxmc_ext.usecases.sending.remote_status import LIST_MARGIN
from cxmc_ext.usecases.sending.segment import segment_token

_TITLE = 80


def create_draft(run: OperationContext) -> None:
    """Creates the draft once. After a lost answer it is looked for by the token in its title."""
    if run.mailing.remote_id is not None:
        return
    found = find_orphaned_draft(run) if run.mailing.create_intent_at is not None else None
    store_remote_id(run, found or _create(run))


def find_orphaned_draft(run: OperationContext) -> RemoteCampaign | None:
    """The draft of a creation without an answer.

    :raises Pause: it may still appear.
    """
    found = _find_by_marker(run)
    tried = int(str(run.payload.get("create_tried_at") or run.mailing.create_intent_at))
    left = tried + min(LISTING_DELAY, run.services.settings.settle_seconds) - run.now
    if found is None and left > 0:
        raise RetryLater(left, Problem("waiting_settle"))
    return found


def store_remote_id(run: OperationContext, found: RemoteCampaign) -> None:
    """Persists the one id that will ever be sent."""
    mailing_id = run.mailing.id
    created = found.create_time or run.now
    adopted = mailings.store_remote_id(
        run.session,
        mailing_id,
        found.id,
        web_id=found.web_id,
        remote_status=found.status,
        remote_created_at=created,
    )
    if not adopted:
        raise LostLease
    sync_due.start_syncing(run.session, run.mailing, run.now)
    run.commit()


def title_marker(mailing: Mailing) -> str:
    """Names one press and one segment; recipients never see a campaign's title."""
    return f"[{segment_token(mailing.segment_name)}/{mailing.segment_id}]"


def set_content(run: OperationContext) -> None:
    """Puts the template in; a repeat puts it in again."""
    mailing = run.mailing
    mailing_id, remote_id, template_id = (
        mailing.id,
        mailing.remote_id or "",
        mailing.template_id or 0,
    )
    try:
        run.call(run.api.set_template, remote_id, template_id)
    except NotFound:
        read_draft(run)
        raise not_ready("template_gone") from None
    except Refused as refused:
        read_draft(run)
        if "template" in refused.detail.lower():
            raise not_ready("template_gone", refused.detail) from None
        raise
    mailings.update_columns(run.session, mailing_id, content_set=True)
    run.commit()


def verify_draft(run: OperationContext) -> None:
    """The draft must be what we made, address nobody but the receivers, and be ready.

    Whom it addresses is the last thing read: what somebody changes in MailChimp after that is not seen.
    """
    checklist = _checklist(run)
    found = read_draft(run)
    require_own_segment(run, found)
    mailing = run.mailing
    mailing_id = mailing.id
    items: list[Json] = [
        {"kind": item.kind, "heading": item.heading, "details": item.details}
        for item in checklist.items
    ]
    subject = found.subject or mailing.subject
    mailings.update_columns(run.session, mailing_id, checklist=items, subject=subject[:300])
    run.commit()
    if not checklist.ready:
        raise StopOperation(OperationState.NOT_READY, *checklist_problems(checklist.items))
    if found.recipient_count == 0:
        raise not_ready("check_recipients")
    run.draft_verified = True


def require_own_segment(run: OperationContext, found: RemoteCampaign) -> None:
    """It addresses our segment and no more people than are meant (I2c).

    :raises Halt: somebody changed that in MailChimp.
    """
    mailing = run.mailing
    if (found.list_id, found.segment_id) != (mailing.list_id, mailing.segment_id):
        raise needs_attention("recipients_changed")
    counted, meant = found.recipient_count, mailing.mailable_count
    if counted > meant:
        raise needs_attention("too_many", counted=str(counted), meant=str(meant))


def _checklist(run: OperationContext) -> Checklist:
    try:
        return run.call(run.api.checklist, run.mailing.remote_id or "")
    except NotFound:
        read_draft(run)
        raise


def read_draft(run: OperationContext) -> RemoteCampaign:
    """The campaign as MailChimp has it.

    :raises Halt: it is gone, or somebody already sent or scheduled it there: then it is followed.
    """
    try:
        found = run.call(run.api.campaign, run.mailing.remote_id or "")
    except NotFound:
        raise needs_attention("draft_gone") from None
    if found.status == "save":
        return found
    mailing = run.mailing
    mailing.remote_status = found.status
    sync_due.start_syncing(run.session, mailing, run.now)
    run.commit()
    sent = found.status in ("sending", "sent")
    why = (
        Problem("sent_by_hand")
        if sent
        else Problem("changed_in_mailchimp", values={"status": found.status})
    )
    raise StopOperation(OperationState.ATTENTION, why, mailing=MailingState.ATTENTION)


def _create(run: OperationContext) -> RemoteCampaign:
    mailing = run.mailing
    made_of = Draft(
        mailing.list_id,
        mailing.segment_id or 0,
        _title(run),
        mailing.subject,
        mailing.from_name,
        mailing.from_email,
    )
    mailings.update_columns(
        run.session, mailing.id, create_intent_at=mailing.create_intent_at or run.now
    )
    run.commit_progress(create_tried_at=run.now)
    try:
        return run.call(run.api.create_campaign, made_of)
    except MailChimpError as error:
        if error.outcome == "refused":
            mailings.update_columns(run.session, run.mailing.id, create_intent_at=None)
            run.commit()
        raise


def _find_by_marker(run: OperationContext) -> RemoteCampaign | None:
    mailing = run.mailing
    mark, since = title_marker(run.mailing), (mailing.create_intent_at or run.now) - LIST_MARGIN
    listed = run.call(run.api.recent_campaigns, since)
    return next((one for one in listed if one.title.endswith(mark)), None)


def _title(run: OperationContext) -> str:
    return f"{run.mailing.campaign_title[:_TITLE]} {title_marker(run.mailing)}"
