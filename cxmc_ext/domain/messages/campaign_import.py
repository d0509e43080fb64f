"""Messages about importing campaigns that were created in MailChimp itself."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

CAMPAIGN_IMPORT_MESSAGES: Mapping[str, Message] = {
    "nothing_to_import": Message(
        "There is no campaign to import.",
        "Press “Refresh” in the tab of a campaign if one was sent from MailChimp today.",
    ),
    "import_unavailable": Message(
        "Campaigns cannot be imported: the CRM does not let this module create campaigns.",
        "Ask the administrator of the CRM.",
    ),
    "import_unfinished": Message(
        "This took too long and was stopped. Not every campaign is imported yet.",
        "Press “Import” again to continue where it stopped.",
    ),
    "campaigns_unreadable": Message(
        "MailChimp does not show the recipients of these campaigns: %(names)s.",
        "Press “Import” again later. The other campaigns are imported.",
    ),
}
