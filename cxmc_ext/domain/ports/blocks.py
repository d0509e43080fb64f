"""The optional ability of a Host to fill regions of a mail with its lists."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from cxmc_ext.domain.blocks import Block


@runtime_checkable
class BlockHost(Protocol):
    """Optional ability of a Host: lists that fill a region of a mail, such as its vacancies."""

    def blocks(self, campaign_ref: str) -> Sequence[Block]:
        """Returns the lists that a campaign offers, in the order of the form. Called in web requests only.

        The form shows a list as it was when the user chose it, and says when it has changed since.

        Args:
            campaign_ref: `Campaign.ref` of the campaign.

        Returns:
            The lists; empty for a campaign without any. A mail takes at most 30 entries of each.
        """
