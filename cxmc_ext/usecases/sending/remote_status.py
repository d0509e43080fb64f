"""Finds out what became of a campaign at MailChimp, and removes drafts and segments.

One 404 does not prove that a campaign is gone, and two do not either (a proxy or a replica may answer):
it counts as gone when the list of campaigns does not contain it.
"""

from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.mailchimp import RemoteCampaign
from cxmc_ext.domain.operation_payloads import DraftPayload
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import AnyContext, OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater

# Status of a campaign that does not exist (any more); MailChimp itself has no word for it.
GONE = "gone"
# Seconds before a 404 is checked again, and before an expected change of status is checked again.
SECOND_CHECK_DELAY = 2
CHECK_AGAIN_DELAY = 5
# Seconds before a campaign's creation at which reading the list of campaigns starts: clocks differ.
LIST_MARGIN = 3600


def read_status(context: OperationContext[DraftPayload], remote_id: str) -> str:
    """Reads the status of a campaign (`GET /campaigns/{id}`).

    Returns:
        MailChimp's word for it, or `GONE`.

    Raises:
        RetryLater: MailChimp answered 404 for the first time.
    """
    try:
        return context.call(context.api.campaign, remote_id).status
    except NotFound:
        pass
    if not was_deleted_here(context, remote_id) and context.payload.missing_remote_id != remote_id:
        context.commit_progress(missing_remote_id=remote_id)
        raise RetryLater(SECOND_CHECK_DELAY, Problem("waiting_settle"))
    return _listed_status(context, remote_id) or GONE


def delete_draft(context: OperationContext[DraftPayload], remote_id: str) -> None:
    """Deletes a campaign that was just read to be a draft, and checks that it is gone. May be repeated.

    Raises:
        RetryLater: It still exists, whatever MailChimp answered.
    """
    context.commit_progress(deleted_remote_id=remote_id)
    context.call(context.api.delete_campaign, remote_id)
    if read_status(context, remote_id) != GONE:
        raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle"))


def was_deleted_here(context: OperationContext[DraftPayload], remote_id: str) -> bool:
    """Whether this very operation asked MailChimp to delete the campaign, as a draft."""
    return context.payload.deleted_remote_id == remote_id


def find_lost_draft(
    context: AnyContext, title_marker: str, since: int, requested_at: int
) -> RemoteCampaign | None:
    """Looks for the draft of a creation that got no answer.

    Args:
        context: The context of the step.
        title_marker: The end of the draft's title, see `draft.title_marker`.
        since: Unix time of the first request to create it.
        requested_at: Unix time of the last one.

    Returns:
        The draft, or None if it certainly does not exist.

    Raises:
        RetryLater: It may still show up.
    """
    campaigns = context.call(context.api.recent_campaigns, since - LIST_MARGIN)
    draft = next(
        (campaign for campaign in campaigns if campaign.title.endswith(title_marker)), None
    )
    if draft is None:
        context.wait_until_listed(requested_at)
    return draft


def delete_segment(
    context: AnyContext, list_id: str, segment_name: str, segment_id: int | None
) -> None:
    """Deletes a segment, by its name if the answer to its creation was lost. May be repeated."""
    if segment_id is None and segment_name:
        segment = context.call(context.api.find_segment, list_id, segment_name)
        segment_id = segment.id if segment else None
    if segment_id is not None:
        context.call(context.api.delete_segment, list_id, segment_id)


def _listed_status(context: AnyContext, remote_id: str) -> str | None:
    """Looks in the list of the campaigns created since; a throw-away draft is as old as its operation."""
    operation = context.operation
    has_mailing = operation.mailing_id is not None
    created_at = context.mailing.remote_created_at if has_mailing else operation.created_at
    since = max((created_at or 0) - LIST_MARGIN, 0)
    campaigns = context.call(context.api.recent_campaigns, since)
    return next((campaign.status for campaign in campaigns if campaign.id == remote_id), None)
