"""Messages of the synchronization: what happened in MailChimp, and why an update is late."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

SYNC_MESSAGES: Mapping[str, Message] = {
    "nothing_to_update": Message(
        "There is no campaign in MailChimp to read figures from.", "Reload the page."
    ),
    "unscheduled_there": Message(
        "The campaign was unscheduled in MailChimp and is a draft there.",
        "Schedule it again in MailChimp, or press “Delete campaign” and create it again.",
    ),
    "cancelled_there": Message(
        "The delivery of the campaign was cancelled in MailChimp.",
        "Open the campaign in MailChimp to see who was mailed before it was cancelled.",
    ),
    "deleted_there": Message(
        "The campaign was deleted in MailChimp.",
        "Make sure that nobody sent the campaign before it was deleted. Then press “Delete"
        " campaign” to get the form back.",
    ),
    "campaign_missing": Message(
        "MailChimp cannot find the campaign.",
        "You do not need to do anything; it is looked up again.",
    ),
    "report_gone": Message(
        "The campaign was deleted in MailChimp, so its report is no longer updated.",
        "The figures read so far are kept.",
    ),
    "report_moved": Message(
        "The report changed while it was being read.",
        "You do not need to do anything; it is read again.",
    ),
    "sync_failed": Message(
        "The report could not be processed: an unexpected error (%(error)s) occurred.",
        "It is tried again by itself. If this message stays, give the server's log to the developers.",
    ),
    "values_dropped": Message(
        "MailChimp sent values that cannot be used: %(count)s (%(fields)s). They were left out;"
        " everything else was read.",
        "If this lasts for days, report the names of the fields to MailChimp.",
    ),
    "status_unknown": Message(
        "MailChimp reports a status of the campaign that is not known here: “%(status)s”.",
        "Nothing was changed, and the status is read again. Open the campaign in MailChimp to see what it"
        " means.",
    ),
    "unsubscribes_unread": Message(
        "Who unsubscribed in MailChimp outside of a campaign cannot be read at the moment.",
        "It is tried again with the next update. Until then, these people are only known to MailChimp, which"
        " does not mail them.",
    ),
    "mail_not_kept": Message(
        "This mail is not kept.",
        "Open the campaign in MailChimp to see it.",
    ),
    "report_refused": Message(
        "MailChimp refuses access to the report.",
        "Ask the owner of the MailChimp account whether the user of the API key may see reports.",
    ),
}
