"""What the product needs from the world around it. Satisfying the shape is enough; nobody inherits."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from cxmc_ext.domain.remote import (
    ActivityPage,
    Audience,
    Audiences,
    BatchResult,
    Checklist,
    SenderDomain,
    Draft,
    Unsubscribe,
    Member,
    NewAudience,
    NewMember,
    RemoteAccount,
    RemoteCampaign,
    Report,
    ReportSummary,
    Segment,
    Template,
)
from cxmc_ext.domain.values import Campaign, Person, PersonKind, PersonRef, Right, User


class Host(Protocol):
    """The CRM. Called in the web process and in workers, always inside an app context.

    Reads and writes go through the host's own `db.session`; the extension commits.
    """

    def current_user(self) -> User | None:
        """Who is logged in on this request, None for nobody. Called in the web process only."""

    def rights(self, user_id: str) -> frozenset[Right]:
        """What the user may do right now; empty for an unknown or removed user."""

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign | None:
        """The MailChimp campaign with that id if this user may see it; None otherwise.

        `user_id` None asks on behalf of the product itself (synchronisation). Its `ref` is the one
        spelling of that id, however it was asked for (“007” and “7”): a campaign under two spellings
        would be two mailings.
        """

    def people(self, campaign_ref: str) -> Iterable[Sequence[Person]]:
        """The campaign's people in chunks of at most 1,000, each exactly once, in a stable order.

        The extension commits between two chunks: page by key, not by an open cursor.
        """

    def people_by_ref(self, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
        """The people behind at most 1,000 refs as the host knows them now; unknown refs are left out."""

    def people_with_address(self, addresses: Collection[str]) -> Mapping[str, Sequence[PersonRef]]:
        """Everybody who has one of these normalised (stripped, lower-case) addresses; at most 1,000."""

    def ensure_opt_out_groups(self, tag: str, names: Mapping[PersonKind, str]) -> None:
        """Get or create the tag, and per kind one group that carries it.

        Idempotent and safe when called by many at once: a UNIQUE in the host decides. A group that
        already carries the tag is adopted whatever its name.
        """

    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        """Which of at most 1,000 people are members of a group that carries the tag."""

    def opt_out(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        """Put people into the group of their kind that carries the tag; returns how many were new.

        Idempotent. `note` says why and from which campaign.
        """

    def tab_url(self, campaign_ref: str) -> str:
        """Address of the host's page that shows the tab; where form posts return to."""

    def person_ref(self, person: Any) -> PersonRef:
        """The ref of one of the host's own objects, as its templates hand it to `cxmc_activities`."""

    def person_url(self, ref: PersonRef) -> str | None:
        """Address of the person's page, None when there is none."""


class AccountHost(Host, Protocol):
    """The CRM as one tenant sees it: its users, campaigns, people and groups, and nobody else's."""

    account_ref: str
    """Names the tenant for ever, at most 64 characters; its MailChimp account is kept under it."""


class MultiAccountHost(Protocol):
    """What a Host with several MailChimp accounts has beside; a Host without it has one account."""

    def for_account(self, ref: str | None) -> AccountHost | None:
        """The view of the tenant with that ref; of one that is gone or unknown: a view of nobody.

        `ref` None asks for the tenant of the current request, and the answer may be None: there is
        none. Workers, which know no request, always name the ref that is stored in their row.
        """


class CampaignCreator(Protocol):
    """Optional, beside `Host`: with it the report offers a new campaign for those who did not open it."""

    def new_campaign(self, title: str, refs: Iterable[Sequence[PersonRef]], user_id: str) -> str:
        """A new MailChimp campaign of this user; returns its id.

        `refs` comes in chunks of at most 1,000, each person once; who is unknown by now is left out.
        Nothing is committed here: the extension does that.
        """


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


class Queue(Protocol):
    """The wake-up. Never a promise: a job may be lost or run twice; the row is the truth."""

    def nudge_operation(self, operation_id: int) -> bool:
        """True if a wake-up was queued, False if the queue could not be reached."""

    def nudge_sync(self, mailing_id: int) -> bool: ...
    def reachable(self) -> bool:
        """Whether a wake-up could be queued right now; answers within 2 s."""


class Vault(Protocol):
    """Encrypts the API key at rest, bound to its owner."""

    def seal(self, secret: str, owner: str) -> str: ...
    def open(self, sealed: str, owner: str) -> str:
        """Raises SetupError when no CXMC_SECRET_KEYS value opens it, or the owner is another."""
