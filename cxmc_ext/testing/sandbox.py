"""What the contract needs from an integrator: an empty CRM, and methods that fill it."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.ports.host import Host, MultiAccountHost


class HostSandbox(Protocol):
    """Your CRM, empty, with methods that fill it. Nothing they write needs to be committed."""

    host: Host
    member: str
    """`User.id` of a user with rights, who sees every campaign of `add_campaign`."""
    outsider: str
    """`User.id` of a user who sees no campaign."""

    def context(self) -> AbstractContextManager[Any]:
        """Returns an app context, or a request context if `tab_url` and `person_url` need one.

        Eight threads enter one at the same time.
        """

    def commit(self) -> None:
        """Commits what was added."""

    def rollback(self) -> None:
        """Rolls back what was not committed."""

    def close(self) -> None:
        """Deletes the CRM; called outside any context."""

    def add_people(self, kind: PersonKind, addresses: Sequence[str | None]) -> list[PersonRef]:
        """Adds one person per address, stored as it is, and flushes.

        Args:
            kind: The kind of all of them.
            addresses: The addresses. For None add a person without an address, in the way your CRM
                stores one: NULL or "".

        Returns:
            Their refs, in the same order.

        Raises:
            NotImplementedError: For None, if every person of your CRM has an address. The tests that
                need one without are left out.
        """

    def delete_person(self, ref: PersonRef) -> bool:
        """Deletes a person, as a user of your CRM does.

        Returns:
            Whether your CRM can restore them.
        """

    def add_campaign(self, title: str) -> str:
        """Adds a campaign of the type “MailChimp”; returns its ref."""

    def add_to_campaign(self, campaign_ref: str, refs: Sequence[PersonRef]) -> None:
        """Adds people to a campaign."""

    def add_group(
        self, kind: PersonKind, name: str, tag: str | None, refs: Sequence[PersonRef]
    ) -> None:
        """Adds a group with these members; with `tag` None it carries no tag."""

    def count_groups(self, kind: PersonKind, tag: str) -> int:
        """Returns how many groups of this kind carry the tag."""

    def native_person(self, ref: PersonRef) -> Any:
        """Returns the person as your own object, as your templates have it."""


class AddressMarkerSandbox(HostSandbox, Protocol):
    """What is needed besides if your Host has the ability `AddressMarker`."""

    def marked_people(self, refs: Sequence[PersonRef]) -> Collection[PersonRef]:
        """Returns which of these people your CRM shows as having an address that does not work.

        Args:
            refs: Some may be unknown; leave those out.
        """

    def change_address(self, ref: PersonRef, address: str) -> None:
        """Gives a person another address, as a user of your CRM does."""


class MultiAccountSandbox(HostSandbox, Protocol):
    """One tenant of your CRM; `host` is the CRM as this tenant sees it."""

    multi_account_host: MultiAccountHost
    """The Host that has `for_account`."""
    other_account: HostSandbox
    """Another tenant of the same CRM."""
