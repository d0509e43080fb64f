"""What a created campaign consists of, in a few lines."""

from collections.abc import Mapping
from dataclasses import dataclass

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries.mailings import counts_by


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """What a campaign was created from."""

    title: str
    subject: str
    preview_text: str
    from_name: str
    from_email: str
    template_name: str
    people: int
    mailable: int
    left_out_by_reason: Mapping[str, int]
    requested_by: str
    has_remote_campaign: bool
    """True when there is a campaign in MailChimp to open."""
    schedule_at: int | None
    is_imported: bool = False
    """It was created in MailChimp itself."""
    unknown: int = 0
    """How many recipients of an imported campaign are not in the CRM."""

    @property
    def left_out(self) -> int:
        """How many people are left out, for whatever reason."""
        return sum(self.left_out_by_reason.values())


def summarize(mailing: Mailing, operation: Operation | None) -> CampaignSummary:
    """Summarizes a mailing and names the user of its newest operation."""
    return CampaignSummary(
        title=mailing.campaign_title,
        subject=mailing.subject,
        preview_text=mailing.preview_text,
        from_name=mailing.from_name,
        from_email=mailing.from_email,
        template_name=mailing.template_name,
        people=mailing.people_count,
        mailable=mailing.mailable_count,
        left_out_by_reason={name: n for name, n in counts_by(mailing, "reason").items() if n},
        requested_by=operation.actor_name if operation else "",
        has_remote_campaign=bool(mailing.web_id),
        schedule_at=mailing.schedule_at,
        is_imported=mailing.is_imported,
        unknown=counts_by(mailing, "origin").get("unknown", 0),
    )
