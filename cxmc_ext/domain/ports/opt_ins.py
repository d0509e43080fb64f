"""The optional ability of a Host to let people who opted out come back."""

from collections.abc import Collection
from typing import Protocol, runtime_checkable

from cxmc_ext.domain.people import PersonRef


@runtime_checkable
class OptInHost(Protocol):
    """Optional ability of a Host: ends the opt-out of people who subscribed again themselves."""

    def opt_in(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        """Removes people from the group of their kind that carries the tag. Must be idempotent.

        Called only after MailChimp has reported them as subscribed again. Do not commit.

        Args:
            tag: The tag of the opt-out groups.
            refs: At most 1,000 people. Skip unknown people and those who are no members.
            note: How we know, and who invited them, in the language of CXMC_LOCALE; store it with the
                person.

        Returns:
            How many of them were members before.
        """
