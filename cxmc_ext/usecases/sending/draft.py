"""Steps that create the MailChimp campaign: the draft with its segment, its content, its final check."""

from collections.abc import Mapping

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import mailings, sync_due
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import LostLease, MailChimpError, NotFound, Refused, Unknown
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import Checklist, Draft, RemoteCampaign
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.mailchimp_reasons import checklist_problems
from cxmc_ext.domain.rules.mailchimp_status import DRAFT
from cxmc_ext.domain.rules.regions import clean_regions, fingerprint
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import StopOperation, needs_attention, not_ready
from cxmc_ext.usecases.sending.design import DesignUnusable, copy_design
from cxmc_ext.usecases.sending.remote_status import find_lost_draft
from cxmc_ext.usecases.sending.segment import segment_token
from cxmc_ext.usecases.sending.segment_check import check_segment, end_lag, wait_for_lag
from cxmc_ext.usecases.shared.regions import ignored_regions

# The Host's title is cut to this length before our marker is added (MailChimp allows 100 characters).
MAX_TITLE_LENGTH = 80


def create_draft(context: MailingContext) -> None:
    """Step: creates the draft once (`POST /campaigns`). If an answer was lost, the draft is looked for."""
    mailing = context.mailing
    if mailing.remote_id is not None:
        return
    lost = find_orphaned_draft(context) if mailing.create_intent_at is not None else None
    store_remote_id(context, lost or _create(context))


def find_orphaned_draft(context: MailingContext) -> RemoteCampaign | None:
    """Looks for the draft of a creation that got no answer.

    Raises:
        RetryLater: It may still show up.
    """
    mailing = context.mailing
    since = mailing.create_intent_at or context.now
    requested_at = context.payload.create_requested_at or since
    return find_lost_draft(context, title_marker(mailing), since, requested_at)


def store_remote_id(context: MailingContext, draft: RemoteCampaign) -> None:
    """Stores the id of the one campaign that will ever be sent for this mailing, and commits.

    Raises:
        LostLease: The mailing has another campaign by now.
    """
    is_stored = mailings.store_remote_id(
        context.session,
        context.mailing.id,
        draft.id,
        web_id=draft.web_id,
        remote_status=draft.status,
        remote_created_at=draft.create_time or context.now,
    )
    if not is_stored:
        raise LostLease
    sync_due.start_syncing(context.session, context.mailing, context.now)
    context.commit()


def title_marker(mailing: Mailing) -> str:
    """End of the campaign's title: names the operation and the segment. Recipients never see a title."""
    return f"[{segment_token(mailing.segment_name)}/{mailing.segment_id}]"


def set_content(context: MailingContext) -> None:
    """Step: puts template or design into the draft (`PUT /campaigns/{id}/content`). May be repeated.

    Raises:
        StopOperation: The template does not exist any more or cannot be used, or the mail is not what the
            preview showed.
    """
    mailing = context.mailing
    mailing_id, remote_id = mailing.id, mailing.remote_id or ""
    if mailing.design_id:
        _copy_design(context, mailing.design_id, mailing.content_fingerprint)
    else:
        _apply_template(context, remote_id, clean_regions(mailing.regions or {}))
    mailings.update_columns(context.session, mailing_id, content_set=True)
    context.commit()


def _copy_design(context: MailingContext, design_id: str, expected: str) -> None:
    try:
        html = copy_design(context, design_id, context.mailing.remote_id or "")
    except DesignUnusable as failure:
        read_draft(context)
        raise StopOperation(OperationState.NOT_READY, failure.problem) from None
    found = fingerprint(html)
    if expected and found != expected:
        raise not_ready("content_changed")
    # Whatever builds the draft again must find the same content.
    mailings.update_columns(context.session, context.mailing.id, content_fingerprint=found)


def _apply_template(context: MailingContext, remote_id: str, regions: Mapping[str, str]) -> None:
    mailing = context.mailing
    try:
        context.call(context.api.set_template, remote_id, mailing.template_id or 0, regions)
    except NotFound:
        read_draft(context)
        raise not_ready("template_gone") from None
    except Refused as refused:
        read_draft(context)
        if "template" in refused.detail.lower():
            raise not_ready("template_gone", refused.detail) from None
        raise
    _require_previewed_content(context, regions)


def _require_previewed_content(context: MailingContext, regions: Mapping[str, str]) -> None:
    """Reads the mail back (`GET /campaigns/{id}/content`) if its regions were edited or it was previewed.

    Raises:
        StopOperation: MailChimp ignored a region, or somebody changed the template after the preview.
    """
    mailing = context.mailing
    expected = mailing.content_fingerprint
    if not regions and not expected:
        return
    html = context.call(context.api.campaign_html, mailing.remote_id or "")
    template_id = mailing.template_id or 0
    missing = ignored_regions(context.session, context.account.id, template_id, regions, html)
    if missing:
        raise not_ready("region_missing", names=", ".join(missing))
    if expected and fingerprint(html) != expected:
        raise not_ready("content_changed")


def verify_draft(context: MailingContext) -> str | None:
    """Step: checks that the draft is ready, is the one we created, and addresses only our recipients.

    Whom it addresses is read last. What somebody changes in MailChimp after that is not noticed.

    Returns:
        “segment”, if the segment must be built again because MailChimp does not list everybody in it.

    Raises:
        RetryLater: MailChimp counts fewer recipients than the segment has; it may catch up.
        StopOperation: It is not ready, or was changed in MailChimp.
    """
    checklist = _read_checklist(context)
    draft = read_draft(context)
    require_own_segment(context, draft)
    mailing = context.mailing
    items: list[Json] = [
        {"kind": item.kind, "heading": item.heading, "details": item.details}
        for item in checklist.items
    ]
    # What MailChimp will send, also if somebody changed it there.
    texts = {
        "subject": (draft.subject or mailing.subject)[:300],
        "preview_text": draft.preview_text[:300],
    }
    mailings.update_columns(context.session, mailing.id, checklist=items, **texts)
    context.commit()
    problems = () if checklist.ready else checklist_problems(checklist.items)
    only_recipients = {problem.code for problem in problems} == {"check_recipients"}
    if only_recipients or draft.recipient_count < mailing.mailable_count:
        if step := check_segment(context):
            return step
        _wait_for_count(context, draft, is_ready=checklist.ready)
    if problems:
        raise StopOperation(OperationState.NOT_READY, *problems)
    if draft.recipient_count == 0:
        raise not_ready("check_recipients")
    end_lag(context)
    context.draft_verified = True
    return None


def _wait_for_count(context: MailingContext, draft: RemoteCampaign, *, is_ready: bool) -> None:
    """The segment holds everybody: waits until MailChimp counts them as recipients of the draft.

    Raises:
        RetryLater: It may still catch up.
        StopOperation: It does not.
    """
    counted, intended = draft.recipient_count, context.mailing.mailable_count
    if is_ready and counted >= intended:  # somebody left the audience since the segment was checked
        return
    wait_for_lag(context, max(intended - counted, 0))
    if is_ready and counted:
        raise needs_attention("too_few", counted=str(counted), meant=str(intended))


def require_own_segment(context: MailingContext, draft: RemoteCampaign) -> None:
    """Checks that the draft addresses our segment, and no more people than intended.

    Raises:
        StopOperation: Somebody changed that in MailChimp.
        Unknown: MailChimp's answer does not tell whom the draft addresses.
    """
    if not draft.is_target_known:
        raise Unknown("unexpected answer")
    mailing = context.mailing
    if (draft.list_id, draft.segment_id) != (mailing.list_id, mailing.segment_id):
        raise needs_attention("recipients_changed")
    actual, intended = draft.recipient_count, mailing.mailable_count
    if actual > intended:
        raise needs_attention("too_many", counted=str(actual), meant=str(intended))


def read_draft(context: MailingContext) -> RemoteCampaign:
    """Reads the campaign (`GET /campaigns/{id}`), which must still be a draft.

    Raises:
        StopOperation: It is gone, or somebody sent or scheduled it in MailChimp. Then its report is
            imported from now on.
    """
    try:
        draft = context.call(context.api.campaign, context.mailing.remote_id or "")
    except NotFound:
        raise needs_attention("draft_gone") from None
    if draft.status == DRAFT:
        return draft
    mailing = context.mailing
    mailing.remote_status = draft.status
    sync_due.start_syncing(context.session, mailing, context.now)
    context.commit()
    is_sent = draft.status in ("sending", "sent")
    problem = (
        Problem("sent_by_hand")
        if is_sent
        else Problem("changed_in_mailchimp", values={"status": draft.status})
    )
    raise StopOperation(OperationState.ATTENTION, problem, mailing_state=MailingState.ATTENTION)


def _read_checklist(context: MailingContext) -> Checklist:
    try:
        return context.call(context.api.checklist, context.mailing.remote_id or "")
    except NotFound:
        read_draft(context)  # if it is gone, or no draft any more, that is the better message
        raise


def _create(context: MailingContext) -> RemoteCampaign:
    """Commits the intent first, so that a lost answer is followed by a search, not a second draft."""
    mailing, session = context.mailing, context.session
    mailing_id, intent_at = mailing.id, mailing.create_intent_at or context.now
    draft = Draft(
        mailing.list_id,
        mailing.segment_id or 0,
        f"{mailing.campaign_title[:MAX_TITLE_LENGTH]} {title_marker(mailing)}",
        mailing.subject,
        mailing.from_name,
        mailing.from_email,
        mailing.preview_text,
        mailing.campaign_title if context.services.settings.google_analytics else "",
    )
    mailings.update_columns(session, mailing_id, create_intent_at=intent_at)
    context.commit_progress(create_requested_at=context.now)
    try:
        return context.call(context.api.create_campaign, draft)
    except MailChimpError as error:
        if error.outcome == "refused":
            mailings.update_columns(session, mailing_id, create_intent_at=None)
            context.commit()
        raise
