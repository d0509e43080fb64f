"""The words of the synchronisation: what MailChimp shows of a campaign, and why an update is late."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

SYNC_MESSAGES: Mapping[str, Message] = {
    "nothing_to_update": Message(
        "There is no campaign in MailChimp to update from.", "Reload the page."
    ),
    "unscheduled_there": Message(
        "The campaign was unscheduled in MailChimp; it is a draft there.",
        "Schedule it again in MailChimp, or press “Delete campaign” and create it anew.",
    ),
    "cancelled_there": Message(
        "The delivery of the campaign was cancelled in MailChimp.",
        "Open the campaign in MailChimp to see who was mailed before it was cancelled.",
    ),
    "deleted_there": Message(
        "The campaign was deleted in MailChimp.",
        "Press “Delete campaign” to get the form back. Make sure first that nobody sent the campaign"
        " before it was deleted.",
    ),
    "campaign_missing": Message(
        "MailChimp does not find the campaign.", "Nothing to do; it is looked up again."
    ),
    "report_gone": Message(
        "The campaign was deleted in MailChimp, so its report ends here.",
        "What was stored before stays.",
    ),
    "report_moved": Message(
        "The report changed while it was being read.", "Nothing to do; it is read again."
    ),
    "report_refused": Message(
        "MailChimp does not give us the report.",
        "Ask the owner of the MailChimp account whether the user of the API key may see reports.",
    ),
}
