"""Where to find a campaign in MailChimp's own website."""

from dataclasses import dataclass

from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.operations import ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class MailChimpLink:
    """The parts of the address of a campaign in MailChimp."""

    dc: str
    """The data center, such as us21."""
    web_id: int | None
    """MailChimp's number of the campaign; None when there is none."""
    being_created: bool
    """True while a worker may still create the campaign."""


def find_link(rows: CampaignRows) -> MailChimpLink:
    """Returns the parts of the address from the campaign's rows (`tab.load_rows`)."""
    account, mailing, operation = rows.account, rows.mailing, rows.operation
    return MailChimpLink(
        dc=account.key_datacenter if account else "",
        web_id=(mailing.web_id or None) if mailing else None,
        being_created=operation is not None and operation.state in ACTIVE_STATES,
    )
