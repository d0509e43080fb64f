"""What the product needs from the world around it. Satisfying the shape is enough; nobody inherits."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from cxmc_ext.domain.mailchimp import (
    ActivityPage,
    Audience,
    Audiences,
    BatchResult,
    Checklist,
    Draft,
    Member,
    NewAudience,
    NewMember,
    RemoteAccount,
    RemoteCampaign,
    Report,
    ReportSummary,
    Segment,
    SenderDomain,
    Template,
    Unsubscribe,
)


class MailChimp(Protocol):
    """One MailChimp account through one key. Raises MailChimpError only (domain/errors.py)."""

    def account(self) -> RemoteAccount: ...
    def audiences(self) -> Audiences: ...
    def audience(self, list_id: str) -> Audience: ...
    def create_audience(self, new: NewAudience) -> Audience: ...
    def merge_tags(self, list_id: str) -> Mapping[str, str]:
        """Tag to name of every merge field."""

    def add_merge_field(self, list_id: str, tag: str, name: str) -> None: ...
    def templates(self) -> tuple[Template, ...]:
        """All active user-created templates, newest edit first."""

    def sender_domains(self) -> tuple[SenderDomain, ...]: ...
    def request_domain_verification(self, email: str) -> None: ...
    def verify_domain(self, domain: str, code: str) -> None: ...

    def member(self, list_id: str, member_hash: str) -> Member | None: ...
    def members_page(self, list_id: str, offset: int) -> tuple[Member, ...]:
        """Up to 1,000 members of any status but archived; shorter than 1,000 = the last page."""

    def members_changed(self, list_id: str, status: str, since: int) -> Iterator[Member]:
        """Members of one status that changed after `since` (exclusive), paged inside."""

    def subscribe_members(self, list_id: str, rows: Sequence[NewMember]) -> BatchResult:
        """Subscribe up to 500 unknown addresses; existing members are untouched and come as errors."""

    def update_merge_values(self, list_id: str, member_hash: str, merge: Mapping[str, str]) -> None:
        """Refresh merge values of an existing member; never names a status."""

    def delete_member_permanently(self, list_id: str, member_hash: str) -> None:
        """Deletes for good: MailChimp takes the address back from its own form only."""

    def find_segment(self, list_id: str, name: str) -> Segment | None: ...
    def create_segment(self, list_id: str, name: str, addresses: Sequence[str]) -> Segment:
        """A static segment holding up to 500 addresses at once."""

    def add_to_segment(
        self, list_id: str, segment_id: int, addresses: Sequence[str]
    ) -> BatchResult: ...
    def segment_page(self, list_id: str, segment_id: int, offset: int) -> tuple[Member, ...]:
        """Up to 1,000 subscribed members of the segment; shorter than 1,000 = the last page."""

    def delete_segment(self, list_id: str, segment_id: int) -> None: ...

    def recent_campaigns(self, since: int) -> tuple[RemoteCampaign, ...]:
        """Campaigns created after `since`, newest first, at most 1,000."""

    def create_campaign(self, draft: Draft) -> RemoteCampaign: ...
    def campaign(self, remote_id: str) -> RemoteCampaign: ...
    def campaign_html(self, remote_id: str) -> str: ...
    def set_template(self, remote_id: str, template_id: int) -> None: ...
    def checklist(self, remote_id: str) -> Checklist: ...
    def send(self, remote_id: str) -> None: ...
    def schedule(self, remote_id: str, at: int) -> None: ...
    def unschedule(self, remote_id: str) -> None: ...
    def send_test_mail(self, remote_id: str, addresses: Sequence[str]) -> None:
        """Mails a draft to these addresses; counts as sends. Refuses to ask for none: MailChimp has
        been seen to take an empty list for the whole audience (amro/gibbon #256)."""

    def delete_campaign(self, remote_id: str) -> None: ...

    def report_summaries(self, since_send: int) -> Iterator[ReportSummary]:
        """The gate: every campaign sent after `since_send`, paged by 1,000 inside."""

    def report(self, remote_id: str) -> Report: ...
    def activity_page(self, remote_id: str, offset: int, since: int | None) -> ActivityPage:
        """1,000 recipients from `offset` with their events after `since` (exclusive)."""

    def unsubscribes_page(self, remote_id: str, offset: int) -> tuple[Unsubscribe, ...]: ...
    def link_clicks(self, remote_id: str) -> tuple[tuple[str, int, int], ...]:
        """(url, total clicks, unique clicks), most clicked first."""


class ClientFactory(Protocol):
    """Makes the client of one account: `key` opens it, `account_row` names it for limits."""

    def __call__(self, key: str, account_row: int) -> MailChimp: ...
