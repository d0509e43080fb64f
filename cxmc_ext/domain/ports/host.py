"""What the product needs from the world around it. Satisfying the shape is enough; nobody inherits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.people import Person, PersonKind, PersonRef, Right, User


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
