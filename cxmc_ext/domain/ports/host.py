"""The CRM as the extension sees it: `Host`, and the optional abilities a Host may have.

All are Protocols: a class only needs the methods, it does not inherit. An optional ability is
recognized with `isinstance`, so the method must exist on the object itself (not only through
`__getattr__`). `cxmc_ext.testing.HostContract` tests an implementation method by method.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.merge_fields import MergeField
from cxmc_ext.domain.notifications import Notification
from cxmc_ext.domain.people import Person, PersonKind, PersonRef, Right, User


class Host(Protocol):
    """The CRM: who is logged in, what they may do, who is in a campaign, who opted out.

    Methods are called in web requests and in workers, always inside an app context, and by several
    threads and processes at once. They read and write through the Host's own `db.session` and never
    commit or roll back: the extension commits. An exception aborts the request or the step and is logged.
    A ref or an id may be any text, such as that of something deleted: answer as for something unknown.
    People who are deleted but can be restored are left out of `people` only. All other methods know them,
    so that an opt-out is still there when they are restored.
    """

    def current_user(self) -> User | None:
        """Returns the user of the current request. Called in web requests only.

        Returns:
            The user, or None if nobody is logged in.
        """

    def rights(self, user_id: str) -> frozenset[Right]:
        """Returns what a user may do right now. Workers ask again before every step.

        Args:
            user_id: `User.id` of the user, possibly of somebody who has been removed since.

        Returns:
            The rights; empty for an unknown or removed user.
        """

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign | None:
        """Returns a campaign of the type “MailChimp” if the user may see it.

        Args:
            campaign_ref: Id from a URL or from our tables. It may be any text a browser can send.
            user_id: `User.id` of the reader. None means the extension itself, which sees every
                campaign.

        Returns:
            The campaign, or None if it does not exist or the user may not see it. Its `ref` must
            have one spelling per campaign: if "007" finds campaign 7, return the ref "7". Otherwise
            one campaign could be mailed twice.
        """

    def people(self, campaign_ref: str) -> Iterable[Sequence[Person]]:
        """Returns everybody in a campaign, in the same order at every call.

        Args:
            campaign_ref: `Campaign.ref` of the campaign.

        Returns:
            Chunks of at most 1,000 people, each person exactly once, deleted people left out; nothing for
            an unknown campaign. The extension commits between two chunks, so page by key instead of
            keeping a database cursor open.
        """

    def people_by_ref(self, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
        """Returns people as the CRM knows them now.

        Args:
            refs: At most 1,000 refs.

        Returns:
            The known people by their ref, with those who can be restored; others are left out.
        """

    def people_with_address(self, addresses: Collection[str]) -> Mapping[str, Sequence[PersonRef]]:
        """Finds everybody who has one of these e-mail addresses, however they are spelled.

        Args:
            addresses: At most 1,000 addresses as `cxmc_ext.canonical_address` spells them. Compare
                them with `canonical_address(your own address)`, best stored in an indexed column of
                its own. Otherwise somebody who unsubscribes as info@xn--mller-kva.example is not
                found as Info@Müller.example, and is mailed again.

        Returns:
            The refs by address, as it was asked: all who share it, also such as can be restored.
            Unknown addresses are left out. People without an address (NULL or "") have none of these.
        """

    def ensure_opt_out_groups(self, tag: str, names: Mapping[PersonKind, str]) -> None:
        """Creates the opt-out groups that do not exist yet: one per kind of person.

        Must be idempotent and safe when called concurrently: let a UNIQUE constraint decide.

        Args:
            tag: `cxmc_ext.OPT_OUT_TAG`. A group that carries it is kept whatever its name is.
            names: The name for each group that must be created. Both may be the same.
        """

    def opt_out_groups(self, tag: str) -> Collection[PersonKind]:
        """Returns the kinds of person that have a group with this tag now.

        Asked before people are selected, before a campaign is sent and before opt-outs are written:
        without its groups nobody could be recognized as opted out, so the extension stops and says so.

        Args:
            tag: The tag of the opt-out groups.
        """

    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        """Returns which people are members of a group with this tag.

        Args:
            tag: The tag of the opt-out groups.
            refs: At most 1,000 people, also such as can be restored. Unknown people are no members.
        """

    def opt_out(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        """Adds people to the group of their kind that carries the tag. Must be idempotent.

        Args:
            tag: The tag of the opt-out groups.
            refs: At most 1,000 people, also such as can be restored. Skip unknown people.
            note: Why, and from which campaign, in the language of CXMC_LOCALE; store it with the membership.

        Returns:
            How many of them were not members before. Of an INSERT … ON CONFLICT DO NOTHING
            count the rows of RETURNING: some drivers report no `rowcount` for it.
        """

    def tab_url(self, campaign_ref: str) -> str:
        """Returns the URL of your page with the tab; forms return there. Called in web requests only.

        Args:
            campaign_ref: `Campaign.ref` of a campaign.
        """

    def person_ref(self, person: Any) -> PersonRef:
        """Returns the ref of one of your own objects. Called in web requests only.

        Args:
            person: What your templates pass to the template global `cxmc_activities`.
        """

    def person_url(self, ref: PersonRef) -> str | None:
        """Returns the URL of a person's page, or None if there is none. Called in web requests only.

        Args:
            ref: The person, who may have been deleted since.
        """


class AccountHost(Host, Protocol):
    """The CRM as one tenant sees it: only its own users, campaigns, people and groups."""

    account_ref: str
    """Identifies the tenant permanently, 1 to 64 characters. Its MailChimp account has this ref."""


@runtime_checkable
class MultiAccountHost(Protocol):
    """Optional ability of a Host: several tenants, each with a MailChimp account of its own."""

    def for_account(self, ref: str | None) -> AccountHost | None:
        """Returns the CRM as one tenant sees it.

        Args:
            ref: The `account_ref` of a tenant, as stored in our tables. None asks for the tenant of
                the current request; workers have no request and never pass None.

        Returns:
            The tenant's view. For a ref that is unknown or deleted: a view without users, campaigns
            and people. None only if `ref` is None and the request belongs to no tenant.
        """


@runtime_checkable
class LocalizedHost(Protocol):
    """Optional ability of a Host: a language per reader instead of CXMC_LOCALE for everybody."""

    def locale(self) -> str | None:
        """Returns the language of the current request, such as "en", "nl" or "nl-BE".

        Returns:
            A language tag, or an object whose text is one (Flask-Babel's `get_locale()`). None, "" or a
            language without translations means CXMC_LOCALE.
        """


@runtime_checkable
class LoginPage(Protocol):
    """Optional ability of a Host: where somebody logs in. Not needed with Flask-Login."""

    def login_url(self, return_to: str) -> str:
        """Returns the URL of the login page.

        Args:
            return_to: Path and query of the page that was opened, with the URL prefix of your application
                (SCRIPT_NAME): redirect to it as it is after the login. "" if there is none.
        """


@runtime_checkable
class CampaignFinder(Protocol):
    """Optional ability of a Host: many campaigns in one query, for the overview and your own list.

    Without it `Host.campaign` is called for each campaign of a page.
    """

    def campaigns_by_ref(
        self, campaign_refs: Collection[str], user_id: str
    ) -> Mapping[str, Campaign]:
        """Returns the campaigns that `Host.campaign` would return for this user.

        Args:
            campaign_refs: At most 1,000 refs from our tables; some may be of deleted campaigns.
            user_id: `User.id` of the reader.

        Returns:
            The campaigns by `Campaign.ref`; those that the user may not see are left out.
        """


@runtime_checkable
class Notifier(Protocol):
    """Optional ability of a Host: users are told what happened: by mail, by a bell, in a chat."""

    def notify(self, notification: Notification) -> None:
        """Brings a notification to its users. Do not commit: the extension does.

        Called by a worker, after the commit of what happened. If a worker is killed meanwhile, another one
        calls it again with the same `id`; what you write to `db.session` is stored exactly once. An
        exception is logged, and the notification is not brought again.

        Args:
            notification: Whom it is for, and its text in each language.
        """


@runtime_checkable
class AddressMarker(Protocol):
    """Optional ability of a Host: shows on people that mail to their address does not arrive.

    Neither method commits: the extension does. People may have been deleted since; skip those.
    """

    def address_failed(self, people: Mapping[PersonRef, str], note: str) -> None:
        """Marks people whose address does not work. Called once per address and person.

        The mark is about the address: it ends when the person gets another one. Best store the address
        with the mark, and show it only while the person has that address. Must be idempotent.

        Args:
            people: At most 1,000 people with their address, as `cxmc_ext.canonical_address` spells it.
            note: How we know, and through which campaign, in the language of CXMC_LOCALE.
        """

    def address_works(self, refs: Collection[PersonRef]) -> None:
        """Removes the marks of people: they have another address, or theirs works again.

        Args:
            refs: At most 1,000 people, marked or not.
        """


@runtime_checkable
class CampaignCreator(Protocol):
    """Optional ability of a Host: “New campaign” and “Mail it again” in the report, and “Import”."""

    def new_campaign(self, title: str, refs: Iterable[Sequence[PersonRef]], user_id: str) -> str:
        """Creates a campaign of the type “MailChimp”. Do not commit: the extension does.

        Args:
            title: The title of the campaign.
            refs: Its people in chunks of at most 1,000, each person once. Skip unknown people.
            user_id: `User.id` of the user who owns it and must be able to see it.

        Returns:
            `Campaign.ref` of the new campaign.
        """


@runtime_checkable
class MergeFieldHost(Protocol):
    """Optional ability of a Host: merge fields besides the names and the owner."""

    def merge_fields(self) -> Sequence[MergeField]:
        """Returns the merge fields whose values `Person.merge_values` has.

        “Initialize” adds those that the audience lacks, so press it after a change. Called in workers only.

        Returns:
            The fields, the same for every campaign. MailChimp's plans allow 30 to 80 fields per audience,
            of which this extension uses five.
        """
