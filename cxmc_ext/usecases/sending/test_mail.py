"""Steps of “Send test” and “Preview”: a draft that addresses nobody, used once and deleted again.

The mailing and its own draft are never touched. The draft's segment is empty, which is read back before the
draft is used. Its title carries a token by which the orphan sweep finds it after a crash.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TypeAlias

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts, operations, template_content
from cxmc_ext.domain.errors import KeyRefused, MailChimpError, NotFound, Refused
from cxmc_ext.domain.mailchimp import Draft, RemoteCampaign
from cxmc_ext.domain.operation_payloads import ThrowawayPayload
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.designs import MAX_LENGTH
from cxmc_ext.domain.rules.mailchimp_status import DRAFT, DRAFT_STATUSES
from cxmc_ext.domain.rules.regions import clean_regions
from cxmc_ext.usecases.operations.context import AnyContext, OperationContext
from cxmc_ext.usecases.operations.signals import StopOperation
from cxmc_ext.usecases.sending.design import DesignUnusable, copy_design
from cxmc_ext.usecases.sending.draft import MAX_TITLE_LENGTH
from cxmc_ext.usecases.sending.remote_status import (
    LIST_MARGIN,
    delete_draft,
    find_lost_draft,
    read_status,
)
from cxmc_ext.usecases.sending.segment import segment_name
from cxmc_ext.usecases.shared.regions import ignored_regions

ThrowawayContext: TypeAlias = OperationContext[ThrowawayPayload]


class _CannotContinue(Exception):
    """The test mail or the preview fails; the draft must be deleted first."""

    def __init__(self, code: str, detail: str = "", **values: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, detail, values)


# Segments of one name that a sweep deletes: one is created, and MailChimp may list deleted ones for a while.
_MAX_SEGMENTS = 5


def _clean_up_on_failure(
    step: Callable[[ThrowawayContext], None],
) -> Callable[[ThrowawayContext], str | None]:
    """Makes a step go to “clean_up” when it fails or MailChimp refuses; the reason is reported after that.

    A refused API key ends the operation at once: nothing could be deleted with it.
    """

    @wraps(step)
    def guarded(context: ThrowawayContext) -> str | None:
        try:
            step(context)
        except KeyRefused:
            raise
        except Refused as refused:
            problem = Problem("test_mail_refused", refused.text)
        except _CannotContinue as failure:
            problem = failure.problem
        else:
            return None
        context.commit_progress(failure=problem)
        return "clean_up"

    return guarded


@_clean_up_on_failure
def create_empty_segment(context: ThrowawayContext) -> None:
    """Step: creates an empty segment. Whatever happens to the draft, it addresses nobody."""
    list_id = context.account.list_id
    name = segment_name(context.operation.title_token, 1)
    segment = None
    if context.payload.list_id:
        context.commit_progress(has_unconfirmed_creation=True)
        segment = context.call(context.api.find_segment, list_id, name)
    else:
        context.commit_progress(list_id=list_id)
    segment = segment or context.call(context.api.create_segment, list_id, name, [])
    context.commit_progress(segment_id=segment.id)


@_clean_up_on_failure
def create_draft(context: ThrowawayContext) -> None:
    """Step: creates the draft. If an answer was lost, the draft is looked for by its title."""
    lost = _find_lost(context)
    context.commit_progress(create_requested_at=context.now)
    draft = lost or context.call(context.api.create_campaign, _draft(context))
    context.commit_progress(draft_id=draft.id)


@_clean_up_on_failure
def set_content(context: ThrowawayContext) -> None:
    """Step: puts the template into the draft (`PUT /campaigns/{id}/content`). May be repeated."""
    payload = context.payload
    if payload.design_id:
        _copy_design(context)
        return
    try:
        context.call(
            context.api.set_template,
            payload.draft_id,
            payload.template_id,
            clean_regions(payload.regions),
        )
    except NotFound as error:
        raise _CannotContinue("test_mail_template_gone", error.text) from None


def _copy_design(context: ThrowawayContext) -> None:
    try:
        copy_design(context, context.payload.design_id, context.payload.draft_id)
    except DesignUnusable as failure:
        raise _CannotContinue(failure.problem.code, failure.problem.detail) from None


@_clean_up_on_failure
def verify_no_recipients(context: ThrowawayContext) -> None:
    """Step: reads the draft back. It must address nobody, or it is not used."""
    payload = context.payload
    draft = context.call(context.api.campaign, payload.draft_id)
    is_ours = (draft.list_id, draft.segment_id) == (payload.list_id, payload.segment_id)
    if draft.status not in DRAFT_STATUSES or not is_ours or draft.recipient_count:
        raise _CannotContinue("test_mail_unsafe")


@_clean_up_on_failure
def send_test(context: ThrowawayContext) -> None:
    """Step: has the test mail sent (`POST /campaigns/{id}/actions/test`), once.

    Without an answer it is not requested again: the user looks into the mailbox first.
    """
    payload = context.payload
    if payload.mail_requested:
        raise _CannotContinue("test_unknown")
    if not accounts.lock_for_sending(context.session, context.account.id):
        raise _CannotContinue("sending_was_stopped")
    context.commit_progress(mail_requested=True)
    try:
        context.call(context.api.send_test_mail, payload.draft_id, list(payload.addresses))
    except Refused:
        raise
    except MailChimpError as error:
        if error.outcome == "unknown":
            raise _CannotContinue("test_unknown") from None
        context.commit_progress(mail_requested=False)
        raise


@_clean_up_on_failure
def read_html(context: ThrowawayContext) -> None:
    """Step: reads the mail and the template's regions, and keeps them for all previews.

    `GET /campaigns/{id}/content` and `GET /templates/{id}/default-content`.
    """
    payload = context.payload
    html = context.call(context.api.campaign_html, payload.draft_id)
    if len(html) > MAX_LENGTH:
        raise _CannotContinue("preview_long")
    regions: Mapping[str, str] = {}
    if not payload.design_id:
        regions = context.call(context.api.template_regions, payload.template_id)
    account_id, template_id = context.account.id, payload.template_id
    written = clean_regions(payload.regions)
    missing = ignored_regions(context.session, account_id, template_id, written, html)
    if missing:
        raise _CannotContinue("region_missing", names=", ".join(missing))
    template_content.store(
        context.session,
        account_id,
        template_id,
        html,
        context.now,
        regions,
        payload.regions,
    )
    context.commit()


def clean_up(context: ThrowawayContext) -> str:
    """Step: deletes draft and segment.

    Returns:
        The step that reports the result. Its name tells the orphan sweep whether something may be left:
        because it could not be deleted, or may still show up after a lost answer.
    """
    try:
        _delete_draft_and_segment(context)
    except KeyRefused:
        raise
    except MailChimpError:
        if context.operation.attempts + 1 < (context.spec.max_attempts or 0):
            raise
        return "report_orphans"
    has_orphans = context.payload.has_unconfirmed_creation
    return "report_orphans" if has_orphans else operations.CLEANED_UP_STEP


def report_result(context: ThrowawayContext) -> None:
    """Step: ends the operation with its result, now that nothing is left of the draft."""
    failure = context.payload.failure
    if failure is not None:
        raise StopOperation(OperationState.FAILED, failure)
    raise StopOperation(OperationState.DONE)


def sweep_draft(context: AnyContext, ended: Operation) -> None:
    """Deletes what an ended test mail or preview left at MailChimp. The caller commits.

    Args:
        context: The context of the orphan sweep.
        ended: The operation that left it.
    """
    ended_id, since = ended.id, ended.created_at - LIST_MARGIN
    marker, name = title_marker(ended.title_token), segment_name(ended.title_token, 1)
    list_id = ThrowawayPayload.from_json(ended.payload).list_id
    for campaign in context.call(context.api.recent_campaigns, since):
        if campaign.status == DRAFT and campaign.title.endswith(marker):
            context.call(context.api.delete_campaign, campaign.id)
    if not list_id or _delete_segments(context, list_id, name):
        operations.mark_cleaned_up(context.session, ended_id)


def _delete_segments(context: AnyContext, list_id: str, name: str) -> bool:
    """Deletes the segments of a name; False if MailChimp still lists one, for the next sweep."""
    for _ in range(_MAX_SEGMENTS):
        segment = context.call(context.api.find_segment, list_id, name)
        if segment is None:
            return True
        context.call(context.api.delete_segment, list_id, segment.id)
    return False


def title_marker(token: str) -> str:
    """End of the draft's title, given the operation's title token."""
    return f"[{token}/test]"


def _find_lost(context: ThrowawayContext) -> RemoteCampaign | None:
    requested_at = context.payload.create_requested_at
    if requested_at is None:
        return None
    context.commit_progress(has_unconfirmed_creation=True)
    marker = title_marker(context.operation.title_token)
    return find_lost_draft(context, marker, requested_at, requested_at)


def _draft(context: ThrowawayContext) -> Draft:
    payload = context.payload
    marker = title_marker(context.operation.title_token)
    return Draft(
        payload.list_id,
        payload.segment_id or 0,
        f"{payload.title[:MAX_TITLE_LENGTH]} {marker}",
        payload.subject,
        payload.from_name,
        payload.from_email,
        payload.preview_text,
    )


def _delete_draft_and_segment(context: ThrowawayContext) -> None:
    payload = context.payload
    if payload.draft_id and read_status(context, payload.draft_id) in DRAFT_STATUSES:
        delete_draft(context, payload.draft_id)
    if payload.segment_id:
        context.call(context.api.delete_segment, payload.list_id, payload.segment_id)
