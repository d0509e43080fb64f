"""The reports of MailChimp as the extension uses them: one method per endpoint."""

from collections.abc import Iterator
from typing import Protocol

from cxmc_ext.domain.mailchimp import ActivityPage, Page, Report, ReportSummary, Unsubscribe
from cxmc_ext.domain.sent_campaigns import SentCampaign, SentRecipient


class MailChimpReports(Protocol):
    """The part of `MailChimp` that reads reports; the same rules apply."""

    def report_summaries(self, since_send: int) -> Iterator[ReportSummary]:
        """Reads the totals of every campaign sent after `since_send`, page by page: `GET /reports`."""

    def report(self, remote_id: str) -> Report:
        """Reads the report of one campaign: `GET /reports/{remote_id}`."""

    def activity_page(self, remote_id: str, offset: int, since: int | None) -> ActivityPage:
        """Reads the events of up to 1,000 recipients: `GET /reports/{remote_id}/email-activity`.

        Args:
            remote_id: The campaign.
            offset: How many recipients to skip.
            since: Only events after this second (exclusive); None for all events.
        """

    def human_activity_page(self, remote_id: str, offset: int) -> ActivityPage:
        """Reads the same without what robots did (`filter_bots`); their recipients are listed too.

        Args:
            remote_id: The campaign.
            offset: How many recipients to skip.
        """

    def unsubscribes_page(self, remote_id: str, offset: int) -> Page[Unsubscribe]:
        """Reads up to 1,000 unsubscribes: `GET /reports/{remote_id}/unsubscribed`."""

    def complaints(self, remote_id: str) -> Page[Unsubscribe]:
        """Reads all spam complaints: `GET /reports/{remote_id}/abuse-reports`, which has no pages."""

    def audience_complaints(self, list_id: str) -> Iterator[Unsubscribe]:
        """Reads the spam complaints of an audience, page by page: `GET /lists/{list_id}/abuse-reports`.

        Those about mails that were sent from MailChimp itself are among them.
        """

    def link_clicks(self, remote_id: str) -> tuple[tuple[str, int, int], ...]:
        """Reads the clicked links: `GET /reports/{remote_id}/click-details`.

        Returns:
            (URL, total clicks, unique clicks), most clicked first.
        """

    def sent_campaigns_page(self, offset: int) -> Page[SentCampaign]:
        """Reads up to 1,000 regular campaigns that were sent, the oldest first: `GET /campaigns`.

        Whoever created them. A page of fewer than 1,000 rows is the last one.
        """

    def sent_to_page(self, remote_id: str, offset: int) -> Page[SentRecipient]:
        """Reads up to 1,000 of those a campaign was sent to: `GET /reports/{remote_id}/sent-to`.

        Raises:
            NotFound: The campaign was deleted.
        """
