"""Steps of the operations the tick requests: the late opt-out check, and the orphan sweep."""

import re
from collections.abc import Sequence
from contextlib import suppress

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import mailings, operations, remote_calls
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import (
    Conflict,
    KeyRefused,
    LostLease,
    MailChimpError,
    NotFound,
    Refused,
)
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.mailchimp_status import DRAFT, SCHEDULED
from cxmc_ext.usecases.operations.context import AnyContext, MailingContext
from cxmc_ext.usecases.operations.requests import mailing_scope
from cxmc_ext.usecases.operations.signals import (
    RetryLater,
    StopOperation,
    needs_attention,
    sending_was_stopped,
)
from cxmc_ext.usecases.sending.audience_opt_outs import import_latest_opt_outs
from cxmc_ext.usecases.sending.change_counts import count_changes, store_changes
from cxmc_ext.usecases.sending.delivery import clear_intent
from cxmc_ext.usecases.sending.draft import title_marker
from cxmc_ext.usecases.sending.maintenance_requests import (
    LAST_CHECK,
    SEGMENT_KEPT,
    SWEEP_AFTER,
    SWEEP_WITHIN,
)
from cxmc_ext.usecases.sending.rebuild import find_campaign_changes
from cxmc_ext.usecases.sending.recipients import find_late_opt_outs
from cxmc_ext.usecases.sending.remote_status import (
    CHECK_AGAIN_DELAY,
    GONE,
    LIST_MARGIN,
    read_status,
)
from cxmc_ext.usecases.sending.segment import segment_attempt, segment_name, segment_token
from cxmc_ext.usecases.sending.test_mail import sweep_draft

# The others are deleted by the next sweep, an hour later.
_SEGMENTS_PER_SWEEP = 100
# MailChimp allows 100 characters; the number of the campaign may follow.
_MAX_NAME_LENGTH = 80


def check_late_opt_outs(context: MailingContext) -> str:
    """Step: if somebody opted out or the CRM changed, unschedules the campaign and builds it again.

    If there is not enough time to build it, the campaign stays unscheduled and a person must look.

    Returns:
        “update_recipients”, to build it again.

    Raises:
        Conflict: An opt-out group is missing. The campaign is unscheduled then.
        StopOperation: There is nothing to do, or it is too late; or the campaign left the CRM or all
            sending is stopped: then it is unscheduled.
        Exception: The Host failed. The campaign is unscheduled if there is no time for another attempt.
    """
    state = context.mailing.state
    if state == MailingState.PREPARING:
        return "update_recipients"
    is_in_crm, unknown = True, None
    is_stopped = context.account.sending_stopped_at is not None
    try:
        is_in_crm = _is_in_crm(context)
        is_wrong = is_stopped or not is_in_crm
        is_needed = state == MailingState.SCHEDULED and (is_wrong or _has_changed(context))
    except Exception as error:
        context.session.rollback()
        if not _must_not_be_sent(context, error):
            raise
        is_needed, unknown = state == MailingState.SCHEDULED, error
    context.commit()
    is_needed = is_needed or context.payload.unscheduled
    if not is_needed or not take_off_schedule(context):
        raise StopOperation(OperationState.DONE)
    if is_stopped or not is_in_crm:
        clear_intent(context)
        raise sending_was_stopped() if is_in_crm else needs_attention("campaign_gone_unscheduled")
    mailings.update_columns(context.session, context.mailing.id, state=MailingState.PREPARING)
    clear_intent(context)
    if unknown is not None:
        raise unknown
    return "update_recipients"


def sweep_orphans(context: AnyContext) -> None:
    """Step: deletes drafts and segments whose creation got no answer and that nothing refers to.

    A campaign that was sent or scheduled is never touched.
    """
    now, account_id = context.now, context.account.id
    period = (now - SWEEP_WITHIN, now - SWEEP_AFTER)
    creations = remote_calls.unsettled_creations(context.session, account_id, *period)
    for call_id, mailing_id, method, at in [
        (call.id, call.mailing_id or 0, call.method, call.at) for call in creations
    ]:
        if operations.get_active(context.session, mailing_scope(mailing_id)) is not None:
            continue
        if method == MailChimp.create_campaign.__name__:
            is_clean = _sweep_drafts(context, mailing_id, at)
        else:
            is_clean = _sweep_segments(context, mailing_id)
        if is_clean:
            remote_calls.settle(context.session, call_id)
        context.commit()
    for ended in operations.orphaned_drafts(context.session, account_id, *period):
        sweep_draft(context, ended)
        context.commit()


def delete_used_segments(context: AnyContext) -> None:
    """Step: deletes the segments of campaigns that were sent or cancelled an hour ago, or renames them.

    MailChimp shows a static segment as a tag of its contacts, so its name with our token would stay on
    them for ever. Its members and the campaign's report stay. With CXMC_KEEP_SEGMENTS it gets the
    campaign's title.
    """
    keeps = context.services.settings.keep_segments
    sent_before = context.now - SEGMENT_KEPT
    for mailing_id, list_id, segment_id in mailings.used_segments(
        context.session, context.account.id, sent_before, _SEGMENTS_PER_SWEEP
    ):
        names = _lasting_names(mailings.get(context.session, mailing_id)) if keeps else ()
        if not _rename_segment(context, list_id, segment_id or 0, names):
            context.call(context.api.delete_segment, list_id, segment_id or 0)
        mailings.update_columns(context.session, mailing_id, segment_id=None)
        context.commit()


def _lasting_names(mailing: Mailing) -> tuple[str, ...]:
    """The campaign's title; if another segment has it, with the number of the campaign."""
    title = mailing.campaign_title.strip()[:_MAX_NAME_LENGTH] or mailing.campaign_ref
    return title, f"{title} ({mailing.campaign_ref})"


def _rename_segment(
    context: AnyContext, list_id: str, segment_id: int, names: Sequence[str]
) -> bool:
    """Gives a segment the first name that MailChimp accepts; False if it accepts none."""
    for name in names:
        try:
            context.call(context.api.rename_segment, list_id, segment_id, name)
        except NotFound:
            return True  # somebody deleted it
        except KeyRefused:
            raise
        except Refused:
            continue
        return True
    return False


def _must_not_be_sent(context: MailingContext, error: Exception) -> bool:
    """Whether opt-outs cannot be checked for certain, or not before the last check."""
    if isinstance(error, LostLease):
        return False
    seconds_left = (context.mailing.schedule_at or 0) - context.now
    return isinstance(error, Conflict) or seconds_left <= LAST_CHECK


def _is_in_crm(context: MailingContext) -> bool:
    """False if the campaign was deleted in the CRM, or is no MailChimp campaign any more."""
    return context.services.host.campaign(context.mailing.campaign_ref, None) is not None


def _has_changed(context: MailingContext) -> bool:
    """Whether somebody opted out or the CRM changed; stores what changed, for the tab.

    If MailChimp does not tell who left the audience, what the CRM knows has to do.
    """
    with suppress(MailChimpError):
        import_latest_opt_outs(context)
    changes = find_campaign_changes(context)
    found = count_changes(context.session, context.mailing, changes, context.now)
    store_changes(context.session, context.mailing.id, found)
    return bool(changes) or bool(find_late_opt_outs(context))


def take_off_schedule(context: MailingContext) -> bool:
    """Takes the campaign off the schedule; False if it is being sent already.

    Raises:
        RetryLater: MailChimp was asked and still shows it as scheduled.
        StopOperation: The campaign is gone.
    """
    remote_id = context.mailing.remote_id or ""
    status = read_status(context, remote_id)
    if status == GONE:
        raise needs_attention("gone_unknown")
    if status != SCHEDULED:
        return status == DRAFT
    if context.payload.unscheduled:
        raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle"))
    try:
        context.call(context.api.unschedule, remote_id)
    except Refused:
        if read_status(context, remote_id) == SCHEDULED:
            raise
        return take_off_schedule(context)  # it was sent, or somebody unscheduled it, just now
    context.commit_progress(unscheduled=True)
    return take_off_schedule(context)


def _sweep_drafts(context: AnyContext, mailing_id: int, created_at: int) -> bool:
    """Deletes orphaned drafts of a mailing and looks again.

    Returns:
        False if the next sweep must come back: drafts are still listed, or “Try again” may still find
        and use one.
    """
    for _ in range(2):
        orphans = _orphaned_drafts(context, mailing_id, created_at)
        for remote_id in orphans:
            context.call(context.api.delete_campaign, remote_id)
        if not orphans:
            mailing = mailings.get(context.session, mailing_id)
            return not mailings.has_unconfirmed_draft(mailing)
    return False


def _orphaned_drafts(context: AnyContext, mailing_id: int, created_at: int) -> list[str]:
    """Ids of drafts that end in one of our title markers; a copy made in MailChimp has another title."""
    tokens = operations.title_tokens(context.session, mailing_id)
    our_marker = re.compile(rf"\[({'|'.join(map(re.escape, tokens))})/\d+\]$")
    mailing = mailings.get(context.session, mailing_id)
    used_id = mailing.remote_id
    awaited_marker = title_marker(mailing) if mailings.has_unconfirmed_draft(mailing) else None
    return [
        campaign.id
        for campaign in context.call(context.api.recent_campaigns, created_at - LIST_MARGIN)
        if campaign.status == DRAFT
        and campaign.id != used_id
        and our_marker.search(campaign.title)
        and not (awaited_marker and campaign.title.endswith(awaited_marker))
    ]


def _sweep_segments(context: AnyContext, mailing_id: int) -> bool:
    """Deletes the segments of all attempts but the one in use. Each attempt had a name of its own.

    Returns:
        Whether all were looked for: not if the audience was deleted, or its answer says so.
    """
    mailing = mailings.get(context.session, mailing_id)
    list_id, used_name = mailing.list_id or context.account.list_id, mailing.segment_name
    for token in operations.title_tokens(context.session, mailing_id):
        is_used = segment_token(used_name) == token
        for attempt in range(1, (segment_attempt(used_name) if is_used else 1) + 1):
            name = segment_name(token, attempt)
            if name == used_name:
                continue
            try:
                orphan = context.call(context.api.find_segment, list_id, name)
            except NotFound:
                return False
            if orphan is not None:
                context.call(context.api.delete_segment, list_id, orphan.id)
    return True
