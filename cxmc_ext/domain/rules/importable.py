"""Which campaigns of the MailChimp account can be imported: those that nobody created through this module."""

import re

from cxmc_ext.domain.sent_campaigns import SentCampaign

# The end of the title of every campaign that this module creates, in whatever CRM, test mails included.
# A copy made in MailChimp has it in the middle of its title.
_OUR_MARKER = re.compile(r"\[[0-9a-f]{16}/(?:\d+|test)\]")


def was_created_by_us(campaign: SentCampaign) -> bool:
    """Whether its title says that this module created it, or what it is a copy of.

    So campaigns of another CRM that uses the same MailChimp account are recognized, and those whose row is
    gone.
    """
    return is_our_title(campaign.title)


def is_our_title(title: str) -> bool:
    """Whether a campaign's title says that."""
    return _OUR_MARKER.search(title) is not None
