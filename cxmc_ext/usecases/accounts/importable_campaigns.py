"""Finds the campaigns of the MailChimp account that were created there and are not imported yet."""

from collections.abc import Iterator, Sequence

from cxmc_ext.db.queries import accounts, imported_mailings
from cxmc_ext.domain.errors import KeyRefused, MailChimpError
from cxmc_ext.domain.rules.importable import was_created_by_us
from cxmc_ext.domain.sent_campaigns import SentCampaign
from cxmc_ext.usecases.operations.context import AnyContext
from cxmc_ext.usecases.sending.follow_up import campaign_creator

PAGE_SIZE = 1000
# No account has more campaigns than fit on these pages, whatever MailChimp says.
_MAX_PAGES = 200


def count_importable(context: AnyContext) -> None:
    """Step: counts them for the screens (`GET /campaigns`), if the Host can create campaigns.

    A call that fails leaves the last count: it is no reason to fail for what is done besides.

    Raises:
        KeyRefused: MailChimp refuses the key.
        LostLease: Another worker has the operation.
    """
    try:
        count = sum(map(len, importable_pages(context)))
    except KeyRefused:
        raise
    except MailChimpError:
        return
    session, account_id = context.session, context.account.id
    accounts.update_if_key_unchanged(
        session,
        account_id,
        context.sealed_key,
        importable_campaigns=count,
        campaigns_read_at=context.now,
    )
    context.commit()


def importable_pages(context: AnyContext) -> Iterator[Sequence[SentCampaign]]:
    """Yields them in pages, oldest first. Makes one call per 1,000 campaigns of the account.

    Left out is what this module created, here or in another CRM, and what is imported.
    """
    if campaign_creator(context.services) is None:
        return
    for offset in range(0, _MAX_PAGES * PAGE_SIZE, PAGE_SIZE):
        page = context.call(context.api.sent_campaigns_page, offset)
        known = imported_mailings.known_campaigns(
            context.session, context.account.id, [campaign.id for campaign in page]
        )
        yield [
            campaign
            for campaign in page
            if campaign.id not in known and not was_created_by_us(campaign)
        ]
        if page.row_count < PAGE_SIZE:
            return
