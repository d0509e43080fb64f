"""Steps that make the MailChimp campaign: draft with its segment, content, the look at readiness."""

from cxmc_ext.db.models import Mailing
from cxmc_ext.db.queries import mailings
from cxmc_ext.domain.errors import LostLease, MailChimpError, NotFound, Refused
from cxmc_ext.domain.remote import Checklist, Draft, RemoteCampaign
from cxmc_ext.domain.rules.checks import checklist_whys
from cxmc_ext.domain.values import Json, MailingState, OperationState, Why
from cxmc_ext.usecases import sync
from cxmc_ext.usecases.halt import Halt, Pause, attention, not_ready
from cxmc_ext.usecases.run import Run
from cxmc_ext.usecases.steps_gone import LOOK_BACK
from cxmc_ext.usecases.steps_segment import token_of

SETTLE = 10
"""Seconds after which a campaign whose creation got no answer is listed if it exists (A2)."""
_TITLE = 80


def draft(run: Run) -> None:
    """Creates the draft once. After a lost answer it is looked for by the token in its title."""
    if run.mailing.remote_id is not None:
        return
    found = find_lost(run) if run.mailing.create_intent_at is not None else None
    adopt(run, found or _create(run))


def find_lost(run: Run) -> RemoteCampaign | None:
    """The draft of a creation without an answer.

    :raises Pause: it may still appear.
    """
    found = _look_for(run)
    tried = int(str(run.payload.get("create_tried_at") or run.mailing.create_intent_at))
    left = tried + min(SETTLE, run.services.settings.settle_seconds) - run.now
    if found is None and left > 0:
        raise Pause(left, Why("waiting_settle"))
    return found


def adopt(run: Run, found: RemoteCampaign) -> None:
    """Persists the one id that will ever be sent."""
    mailing_id = run.mailing.id
    created = found.create_time or run.now
    adopted = mailings.adopt(
        run.session,
        mailing_id,
        found.id,
        web_id=found.web_id,
        remote_status=found.status,
        created_at=created,
    )
    if not adopted:
        raise LostLease
    sync.start_following(run.session, run.mailing, run.now)
    run.save()


def mark_of(mailing: Mailing) -> str:
    """Names one press and one segment; recipients never see a campaign's title."""
    return f"[{token_of(mailing.segment_name)}/{mailing.segment_id}]"


def fill(run: Run) -> None:
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
    mailings.store(run.session, mailing_id, filled=True)
    run.save()


def verify(run: Run) -> None:
    """The draft must be what we made, address nobody but the receivers, and be ready.

    Whom it addresses is the last thing read: what somebody changes in MailChimp after that is not seen.
    """
    checklist = _checklist(run)
    found = read_draft(run)
    require_audience(run, found)
    mailing = run.mailing
    mailing_id = mailing.id
    items: list[Json] = [
        {"kind": item.kind, "heading": item.heading, "details": item.details}
        for item in checklist.items
    ]
    subject = found.subject or mailing.subject
    mailings.store(run.session, mailing_id, checklist=items, subject=subject[:300])
    run.save()
    if not checklist.ready:
        raise Halt(OperationState.NOT_READY, *checklist_whys(checklist.items))
    if found.recipient_count == 0:
        raise not_ready("check_recipients")
    run.verified = True


def require_audience(run: Run, found: RemoteCampaign) -> None:
    """It addresses our segment and no more people than are meant (I2c).

    :raises Halt: somebody changed that in MailChimp.
    """
    mailing = run.mailing
    if (found.list_id, found.segment_id) != (mailing.list_id, mailing.segment_id):
        raise attention("recipients_changed")
    counted, meant = found.recipient_count, mailing.receivers
    if counted > meant:
        raise attention("too_many", counted=str(counted), meant=str(meant))


def _checklist(run: Run) -> Checklist:
    try:
        return run.call(run.api.checklist, run.mailing.remote_id or "")
    except NotFound:
        read_draft(run)
        raise


def read_draft(run: Run) -> RemoteCampaign:
    """The campaign as MailChimp has it.

    :raises Halt: it is gone, or somebody already sent or scheduled it there: then it is followed.
    """
    try:
        found = run.call(run.api.campaign, run.mailing.remote_id or "")
    except NotFound:
        raise attention("draft_gone") from None
    if found.status == "save":
        return found
    mailing = run.mailing
    mailing.remote_status = found.status
    sync.start_following(run.session, mailing, run.now)
    run.save()
    sent = found.status in ("sending", "sent")
    why = Why("sent_by_hand") if sent else Why("touched", values={"status": found.status})
    raise Halt(OperationState.ATTENTION, why, mailing=MailingState.ATTENTION)


def _create(run: Run) -> RemoteCampaign:
    mailing = run.mailing
    made_of = Draft(
        mailing.list_id,
        mailing.segment_id or 0,
        _title(run),
        mailing.subject,
        mailing.from_name,
        mailing.from_email,
    )
    mailings.store(run.session, mailing.id, create_intent_at=mailing.create_intent_at or run.now)
    run.remember(create_tried_at=run.now)
    try:
        return run.call(run.api.create_campaign, made_of)
    except MailChimpError as error:
        if error.outcome == "refused":
            mailings.store(run.session, run.mailing.id, create_intent_at=None)
            run.save()
        raise


def _look_for(run: Run) -> RemoteCampaign | None:
    mailing = run.mailing
    mark, since = mark_of(run.mailing), (mailing.create_intent_at or run.now) - LOOK_BACK
    listed = run.call(run.api.recent_campaigns, since)
    return next((one for one in listed if one.title.endswith(mark)), None)


def _title(run: Run) -> str:
    return f"{run.mailing.campaign_title[:_TITLE]} {mark_of(run.mailing)}"
