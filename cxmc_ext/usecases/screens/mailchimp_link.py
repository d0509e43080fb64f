"""Where a campaign is in MailChimp's own pages, or whether it is on its way there."""

from dataclasses import dataclass

from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.operations import ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class MailChimpLink:
    """`web_id` None: there is none; `coming` True while a worker makes it."""

    dc: str
    web_id: int | None
    being_created: bool


def find_link(found: CampaignRows) -> MailChimpLink:
    account, mailing, operation = found.account, found.mailing, found.operation
    return MailChimpLink(
        dc=account.key_datacenter if account else "",
        web_id=mailing.web_id if mailing else None,
        being_created=operation is not None and operation.state in ACTIVE_STATES,
    )
