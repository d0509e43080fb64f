"""“Import”: campaigns that were created in MailChimp itself become mailings that nobody can change.

Each one gets a campaign in the Host, owned by whoever pressed, with the people who have the addresses it was
sent to. So the Host's own rules say who may see it, and every screen shows it like a campaign that was
sent here. One campaign after the other is read into a mailing that no screen shows; the last commit creates
the Host's campaign and ties the mailing to it. Whatever is killed on the way continues there.
"""

from typing import TypeAlias

from cxmc_ext.db.queries import imported_mailings
from cxmc_ext.domain.errors import Conflict, KeyRefused, NotFound, Refused
from cxmc_ext.domain.operation_payloads import ImportPayload
from cxmc_ext.domain.operations import OperationKind, OperationState, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.sent_campaigns import SentCampaign
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.importable_campaigns import PAGE_SIZE, importable_pages
from cxmc_ext.usecases.accounts.imported_recipients import store_recipients
from cxmc_ext.usecases.contacts.guards import give_way
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    connected_account,
    existing_operation,
    submit,
)
from cxmc_ext.usecases.operations.signals import StopOperation, failed
from cxmc_ext.usecases.sending.follow_up import TITLE_LENGTH, campaign_creator

ImportContext: TypeAlias = OperationContext[ImportPayload]

# No report has more recipients than fit on these pages, whatever MailChimp says.
_MAX_PAGES = 2000
# Seconds that the Host has for creating one campaign with its people.
_CREATE_SECONDS = 600
# How many campaigns a message names.
_MAX_NAMES = 5


def request_import(services: Services, press: Press) -> int:
    """Has a worker import every campaign that was created in MailChimp itself.

    Returns:
        Id of the operation. Presses during an import are answered by the one that is running.

    Raises:
        Conflict: not_active, no_key, key_refused, import_unavailable, or nothing_to_import.
    """
    account = connected_account(services)
    if campaign_creator(services) is None:
        raise Conflict(Problem("import_unavailable"))
    kind = OperationKind.CAMPAIGN_IMPORT
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account.id,
        scope=account_scope(account.id, kind),
        payload=ImportPayload(),
    )
    is_known = existing_operation(services.session(), request) is not None
    if not is_known and not account.importable_campaigns:
        raise Conflict(Problem("nothing_to_import"))
    return submit(services, request)


def import_campaigns(context: ImportContext) -> None:
    """Step: imports them, one after the other.

    Raises:
        StopOperation: Another account is connected, or MailChimp refuses the key.
        RetryLater: Another operation waits for a worker.
        MailChimpError: A call failed.
        LostLease: Another worker has the operation.
    """
    account, operation = context.account, context.operation
    if account.key_refused:
        raise failed("key_refused")
    if account.remote_account_id != operation.remote_account_id:
        raise failed("other_account")
    for campaigns in importable_pages(context):
        for campaign in campaigns:
            if campaign.id not in context.payload.unreadable:
                _import(context, campaign)


def report_result(context: ImportContext) -> None:
    """Step: names the campaigns that could not be read.

    Raises:
        StopOperation: There are any.
    """
    names = context.payload.unreadable
    if names:
        shown = ", ".join(names[:_MAX_NAMES])
        raise StopOperation(
            OperationState.FAILED, Problem("campaigns_unreadable", values={"names": shown})
        )


def _import(context: ImportContext, campaign: SentCampaign) -> None:
    session, account_id = context.session, context.account.id
    mailing_id = imported_mailings.find_or_start(session, account_id, campaign)
    if context.payload.remote_id != campaign.id:
        context.commit_progress(remote_id=campaign.id, offset=0)
    try:
        _read_recipients(context, campaign.id, mailing_id)
    except KeyRefused:
        raise
    except (NotFound, Refused):
        imported_mailings.drop(session, mailing_id)
        unreadable = (*context.payload.unreadable, campaign.id)
        context.commit_progress(remote_id="", offset=0, unreadable=unreadable)
        return
    _create_campaign(context, campaign, mailing_id)


def _read_recipients(context: ImportContext, remote_id: str, mailing_id: int) -> None:
    """Stores the recipients page by page, from where the last worker got to."""
    while context.payload.offset < _MAX_PAGES * PAGE_SIZE:
        offset = context.payload.offset
        page = context.call(context.api.sent_to_page, remote_id, offset)
        store_recipients(context, mailing_id, page)
        context.commit_progress(offset=offset + PAGE_SIZE)
        give_way(context)
        if page.row_count < PAGE_SIZE:
            return


def _create_campaign(context: ImportContext, campaign: SentCampaign, mailing_id: int) -> None:
    """Creates the Host's campaign, and ties the mailing to it in the same commit."""
    creator, session = campaign_creator(context.services), context.session
    if creator is None:
        raise failed("import_unavailable")
    context.commit(_CREATE_SECONDS)
    title = (campaign.title or campaign.subject or campaign.id)[:TITLE_LENGTH]
    people = imported_mailings.people_pages(session, mailing_id)
    campaign_ref = creator.new_campaign(title, people, context.operation.actor_id)
    imported_mailings.finish(session, mailing_id, campaign_ref, context.now)
    context.commit_progress(imported=context.payload.imported + 1, remote_id="", offset=0)
    context.services.queue.nudge_sync(mailing_id)
