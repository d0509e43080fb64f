"""MailChimp as the extension uses it: one method per endpoint.

Reference: https://mailchimp.com/developer/marketing/api/
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from cxmc_ext.domain.mailchimp import (
    Audience,
    Audiences,
    BatchResult,
    Checklist,
    Draft,
    Member,
    NewAudience,
    NewMember,
    Page,
    RemoteAccount,
    RemoteCampaign,
    Segment,
    SenderDomain,
    Template,
    Webhook,
)
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.ports.mailchimp_content import MailChimpContent
from cxmc_ext.domain.ports.mailchimp_reports import MailChimpReports
from cxmc_ext.domain.ports.mailchimp_subscriptions import MailChimpSubscriptions


class MailChimp(MailChimpReports, MailChimpContent, MailChimpSubscriptions, Protocol):
    """One MailChimp account, opened with one API key.

    All times are Unix seconds in UTC. Every method raises only `MailChimpError`
    (`cxmc_ext.domain.errors`): reads are retried inside, anything that changes something is sent
    once. `Unknown` then means that the change may or may not have happened: read before repeating.
    """

    def account(self) -> RemoteAccount:
        """Reads whom the key belongs to: `GET /`."""

    def audiences(self) -> Audiences:
        """Reads the first 1,000 audiences and whether another may be created: `GET /lists`."""

    def audience(self, list_id: str) -> Audience:
        """Reads one audience: `GET /lists/{list_id}`.

        Raises:
            NotFound: The audience was deleted, or belongs to another account.
        """

    def create_audience(self, new: NewAudience) -> Audience:
        """Creates an audience: `POST /lists`.

        Raises:
            Forbidden: The plan allows no further audience.
        """

    def merge_fields(self, list_id: str) -> tuple[AudienceField, ...]:
        """Reads the merge fields of an audience: `GET /lists/{list_id}/merge-fields`."""

    def add_merge_field(self, list_id: str, new: AudienceField) -> None:
        """Creates an optional field: `POST /lists/{list_id}/merge-fields`.

        Raises:
            Refused: The tag is taken, or the audience has as many fields as the plan allows.
        """

    def webhooks(self, list_id: str) -> tuple[Webhook, ...]:
        """Reads the webhooks of an audience: `GET /lists/{list_id}/webhooks`."""

    def create_webhook(self, list_id: str, url: str) -> Webhook:
        """Has MailChimp call a URL for unsubscribes and cleaned addresses: `POST /lists/{list_id}/webhooks`.

        MailChimp first opens the URL and expects the status 200.

        Raises:
            Refused: It got another answer, or the URL has a webhook in this audience already.
        """

    def delete_webhook(self, list_id: str, webhook_id: str) -> None:
        """Deletes a webhook: `DELETE /lists/{list_id}/webhooks/{webhook_id}`.

        Succeeds if it is already deleted.
        """

    def templates(self) -> tuple[Template, ...]:
        """Reads the active templates made by users, latest edit first: `GET /templates`."""

    def sender_domains(self) -> tuple[SenderDomain, ...]:
        """Reads the sender domains: `GET /verified-domains`."""

    def request_domain_verification(self, email: str) -> None:
        """Has MailChimp mail a verification code to this address: `POST /verified-domains`."""

    def verify_domain(self, domain: str, code: str) -> None:
        """Submits that code: `POST /verified-domains/{domain}/actions/verify`."""

    def member(self, list_id: str, member_hash: str) -> Member | None:
        """Reads one member, None if unknown: `GET /lists/{list_id}/members/{member_hash}`."""

    def members_page(self, list_id: str, offset: int) -> Page[Member]:
        """Reads up to 1,000 members: `GET /lists/{list_id}/members`.

        Returns:
            Members of every status except archived, oldest opt-in first. A page of fewer than 1,000
            is the last one.
        """

    def members_changed(self, list_id: str, status: str, since: int) -> Iterator[Member]:
        """Reads changed members, page by page: `GET /lists/{list_id}/members`.

        Args:
            list_id: The audience.
            status: MailChimp's status, such as "unsubscribed".
            since: Only changes after this second (exclusive).
        """

    def subscribe_members(self, list_id: str, rows: Sequence[NewMember]) -> BatchResult:
        """Subscribes addresses MailChimp does not know yet: `POST /lists/{list_id}`.

        Args:
            list_id: The audience.
            rows: At most 500 members.

        Returns:
            How many were created. Members that exist are not changed; each is an error row.
        """

    def update_merge_values(self, list_id: str, member_hash: str, merge: Mapping[str, str]) -> None:
        """Updates merge fields of a member: `PATCH /lists/{list_id}/members/{member_hash}`.

        The request names no status, so it cannot subscribe anybody again.
        """

    def delete_member_permanently(self, list_id: str, member_hash: str) -> None:
        """Erases a member: `POST /lists/{list_id}/members/{member_hash}/actions/delete-permanent`.

        Afterwards the address can only return through a MailChimp signup form.

        Raises:
            NotFound: There is no such member.
        """

    def find_segment(self, list_id: str, name: str) -> Segment | None:
        """Finds a static segment by its exact name: `GET /lists/{list_id}/segments`."""

    def create_segment(self, list_id: str, name: str, addresses: Sequence[str]) -> Segment:
        """Creates a static segment with up to 500 members: `POST /lists/{list_id}/segments`."""

    def add_to_segment(
        self, list_id: str, segment_id: int, addresses: Sequence[str]
    ) -> BatchResult:
        """Adds up to 500 members to a segment: `POST /lists/{list_id}/segments/{segment_id}`.

        Returns:
            How many were added. Adding somebody twice is harmless.
        """

    def segment_page(self, list_id: str, segment_id: int, offset: int) -> Page[Member]:
        """Reads up to 1,000 members: `GET /lists/{list_id}/segments/{segment_id}/members`.

        Returns:
            Subscribed members only. A page of fewer than 1,000 is the last one.
        """

    def rename_segment(self, list_id: str, segment_id: int, name: str) -> None:
        """Renames a segment: `PATCH /lists/{list_id}/segments/{segment_id}`. Its members stay.

        Raises:
            NotFound: There is no such segment.
            Refused: Another one has the name.
        """

    def delete_segment(self, list_id: str, segment_id: int) -> None:
        """Deletes a segment, not its members: `DELETE /lists/{list_id}/segments/{segment_id}`.

        Succeeds if it is already deleted.
        """

    def recent_campaigns(self, since: int) -> tuple[RemoteCampaign, ...]:
        """Reads up to 1,000 campaigns created after `since`, newest first: `GET /campaigns`."""

    def create_campaign(self, draft: Draft) -> RemoteCampaign:
        """Creates a draft for one segment: `POST /campaigns`."""

    def campaign(self, remote_id: str) -> RemoteCampaign:
        """Reads a campaign: `GET /campaigns/{remote_id}`.

        Raises:
            NotFound: It was deleted, or belongs to another account.
        """

    def checklist(self, remote_id: str) -> Checklist:
        """Reads whether a draft can be sent: `GET /campaigns/{remote_id}/send-checklist`."""

    def send(self, remote_id: str) -> None:
        """Sends a campaign now: `POST /campaigns/{remote_id}/actions/send`."""

    def schedule(self, remote_id: str, at: int) -> None:
        """Schedules a campaign: `POST /campaigns/{remote_id}/actions/schedule`.

        Args:
            remote_id: The campaign.
            at: The time to send it at. MailChimp accepts quarters of an hour only.
        """

    def unschedule(self, remote_id: str) -> None:
        """Takes a schedule back: `POST /campaigns/{remote_id}/actions/unschedule`."""

    def send_test_mail(self, remote_id: str, addresses: Sequence[str]) -> None:
        """Mails a draft to these addresses: `POST /campaigns/{remote_id}/actions/test`.

        Raises:
            Refused: `addresses` is empty. Nothing is sent then: an empty list has been seen to mail
                the whole audience (https://github.com/amro/gibbon/issues/256).
        """

    def delete_campaign(self, remote_id: str) -> None:
        """Deletes a campaign that was not sent: `DELETE /campaigns/{remote_id}`.

        Succeeds if it is already deleted.
        """


class ClientFactory(Protocol):
    """Creates the client of one account."""

    def __call__(self, key: str, account_row: int) -> MailChimp:
        """Creates a client. No call is made.

        Args:
            key: The API key, decrypted.
            account_row: `Account.id`; calls of one account share a limit on concurrent requests.

        Raises:
            KeyRefused: `key` does not have the format of an API key.
        """
        ...
