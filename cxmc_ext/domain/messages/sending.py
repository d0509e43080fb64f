"""Messages about sending: refused presses, ended operations, waiting, not ready, needs attention."""

from collections.abc import Mapping

from cxmc_ext.domain.messages.account import VERIFIED_DOMAIN_REQUIRED, VERIFY_DOMAIN_URL
from cxmc_ext.domain.problems import Message

_OPEN_IN_MAILCHIMP = "Open the campaign in MailChimp and check whether it was sent."

_CONFLICTS: Mapping[str, Message] = {
    "busy": Message(
        "Another operation is in progress for this campaign.",
        "Wait until it has finished; this page shows its progress.",
    ),
    "campaign_gone": Message(
        "This campaign no longer exists, or you no longer have access to it.",
        "Go back to the list of campaigns.",
    ),
    "already_created": Message(
        "A MailChimp campaign already exists for this campaign.",
        "Use the buttons on this page. To start over, press “Delete campaign” first.",
    ),
    "already_sent": Message(
        "The campaign has already been sent; this cannot be undone.",
        "To send another mail, create a new campaign.",
    ),
    "nothing_to_check": Message("There is nothing to check now.", "Reload the page."),
    "nothing_to_retry": Message("There is nothing to retry now.", "Reload the page."),
    "nothing_to_delete": Message("There is no MailChimp campaign to delete.", "Reload the page."),
    "not_scheduled": Message("The campaign is not scheduled.", "Reload the page."),
    "nonce_reused": Message(
        "This form has already been submitted for another action.", "Reload the page."
    ),
}

_ENDED: Mapping[str, Message] = {
    "no_rights": Message(
        "Stopped: the person who started this no longer has the right to do so.",
        "Ask a colleague who may send campaigns to start it again.",
    ),
    "deactivated": Message(
        "Stopped: the MailChimp module was deactivated.",
        "Once it is active again, press “Check again” to continue.",
    ),
    "sending_was_stopped": Message(
        "Stopped: an administrator stopped all sending.",
        "Once sending is allowed again, press “Check again” or the same button again.",
    ),
    "stopped_after_intent": Message(
        "Stopped while MailChimp was being asked to send. It is not certain whether the campaign"
        " was sent.",
        _OPEN_IN_MAILCHIMP
        + " Once the module is active, press “Try again” to find out; nobody is mailed twice.",
    ),
    "took_too_long": Message(
        "This took too long and was stopped. Nothing was sent.",
        "Press “Try again” to continue where it stopped.",
    ),
    "removal_unfinished": Message(
        "This took too long and was stopped. Something may be left in MailChimp.",
        "Press the same button again to continue where it stopped.",
    ),
    "outcome_unknown": Message(
        "MailChimp was asked to send the campaign but did not confirm that it did.",
        _OPEN_IN_MAILCHIMP + " “Try again” asks MailChimp what happened; nobody is mailed twice.",
    ),
    "unexpected": Message(
        "An unexpected error occurred.", "Press “Try again”, or ask your administrator."
    ),
}

_WAITING: Mapping[str, Message] = {
    "waiting_throttled": Message(
        "MailChimp is limiting the requests of this account.",
        "You do not need to do anything; the work continues by itself.",
    ),
    "waiting_unreachable": Message(
        "MailChimp cannot be reached right now.",
        "You do not need to do anything; the work continues by itself.",
    ),
    "waiting_unclear": Message(
        "MailChimp's answer was lost or unclear. Its actual state is checked before the work"
        " continues.",
        "You do not need to do anything; the work continues by itself.",
    ),
    "waiting_listing": Message(
        "MailChimp does not list all recipients yet. Missing: %(missing)s.",
        "You do not need to do anything; MailChimp is asked again until it lists them.",
    ),
    "waiting_error": Message(
        "An error in the CRM stops this work at the moment: %(error)s.",
        "It is tried again by itself. Give this line to your administrator; the worker's log has the"
        " details.",
    ),
    "waiting_settle": Message(
        "Waiting until it is certain what MailChimp has done.",
        "You do not need to do anything; the work continues by itself.",
    ),
}

_NOT_READY: Mapping[str, Message] = {
    "nobody_to_mail": Message(
        "Nobody is left to mail: everyone in this campaign is left out.",
        "Check the reasons in the list of recipients, add other people, then press “Check again”.",
    ),
    "template_gone": Message(
        "The template no longer exists in MailChimp.",
        "Press “Delete campaign”, then choose another template.",
    ),
    "mailchimp_refused": Message(
        "MailChimp did not accept this.",
        "Correct what MailChimp mentions, then press “Check again”.",
    ),
    "mailchimp_forbids": Message(
        "MailChimp does not allow this: the user of the API key lacks the rights, or your plan"
        " does not include it.",
        "Ask the owner of the MailChimp account, then press “Check again”.",
    ),
    "check_domain": Message(
        VERIFIED_DOMAIN_REQUIRED,
        "Verify the domain, then press “Check again”.",
        VERIFY_DOMAIN_URL,
    ),
    "check_template": Message(
        "The content of the template is incomplete.",
        "Complete the template in MailChimp. The content of a created campaign cannot change, so"
        " press “Delete campaign” and create it again.",
    ),
    "check_subject": Message(
        "MailChimp does not accept the subject.",
        "Correct it in MailChimp, then press “Check again”.",
    ),
    "check_from": Message(
        "MailChimp does not accept the sender.",
        "Correct it in MailChimp, then press “Check again”.",
    ),
    "check_recipients": Message(
        "MailChimp finds no recipients.",
        "Check the list of recipients, then press “Check again”.",
    ),
    "check_account": Message(
        "A problem with your MailChimp account prevents sending.",
        "Log in to MailChimp, solve the problem there, then press “Check again”.",
    ),
    "check_other": Message(
        "MailChimp reports that the campaign is not ready.",
        "Solve the problem in MailChimp, then press “Check again”.",
    ),
    "check_unsaid": Message(
        "MailChimp reports that the campaign is not ready, but does not say why.",
        "Open the campaign in MailChimp, complete it, then press “Check again”.",
    ),
}

_ATTENTION: Mapping[str, Message] = {
    "other_account": Message(
        "The API key belongs to another MailChimp account than this campaign. Nothing was sent.",
        "Initialize with a key of the campaign's account, then press “Try again”.",
    ),
    "audience_gone": Message(
        "The audience no longer exists in MailChimp. Nothing was sent.",
        "Open “Settings” and press “Initialize”, then press “Delete campaign” and start over.",
    ),
    "unknown_recipient": Message(
        "The segment in MailChimp contains somebody who is not a recipient. Nothing was sent.",
        "Press “Delete campaign” and create it again.",
    ),
    "region_missing": Message(
        "MailChimp did not take over your text for: %(names)s. The mail would contain the template's own"
        " text there, so nothing was sent.",
        "Delete the campaign and choose another template, or clear your changes of these texts.",
    ),
    "content_changed": Message(
        "The template was changed in MailChimp after it was previewed, so nothing was sent.",
        "Press “Delete campaign”, look at the preview again, then send the campaign.",
    ),
    "host_broken": Message(
        "The CRM did not give usable data (%(fault)s), so nobody can tell who may be mailed.",
        "Ask your administrator to correct it, then press “Try again”.",
    ),
    "segment_lags": Message(
        "MailChimp still does not list %(missing)s of the recipients it was given. Nothing was sent.",
        "Wait a few minutes, then press “Try again”.",
    ),
    "too_few": Message(
        "MailChimp would mail %(counted)s people instead of the intended %(meant)s. Nothing was"
        " sent.",
        "Wait a few minutes, then press “Try again”.",
    ),
    "recipients_changed": Message(
        "Somebody changed the recipients of the campaign in MailChimp. Nothing was sent.",
        "Press “Delete campaign” and create it again.",
    ),
    "too_many": Message(
        "MailChimp would mail %(counted)s people instead of the intended %(meant)s. Nothing was"
        " sent.",
        "Press “Delete campaign” and create it again.",
    ),
    "changed_in_mailchimp": Message(
        "Somebody changed the campaign in MailChimp: its status there is “%(status)s”. It was not"
        " sent from here.",
        "Open the campaign in MailChimp; this page shows what happens there.",
    ),
    "draft_gone": Message(
        "The campaign was deleted in MailChimp. Nothing was sent.",
        "Press “Delete campaign” to get the form back.",
    ),
    "gone_unknown": Message(
        "The campaign was deleted in MailChimp after the request to send it. It may have been"
        " sent, so it will not be sent again.",
        "Ask your colleagues. To send it anyway, create a new campaign.",
    ),
    "remote_gone": Message(
        "A part of this campaign no longer exists in MailChimp. Nothing was sent.",
        "Press “Delete campaign” and create it again.",
    ),
    "opted_out_meanwhile": Message(
        "Somebody opted out while MailChimp was being asked to send. The campaign was not sent.",
        "Press “Delete campaign” and create it again.",
    ),
    "opt_outs_keep_coming": Message(
        "People kept opting out while the campaign was being created. Nothing was sent.",
        "Press “Try again”.",
    ),
    "recipients_changed_meanwhile": Message(
        "Somebody was removed or corrected in the CRM while MailChimp was being asked to send. The"
        " campaign was not sent.",
        "Press “Try again”: it is created again for the people who are in the campaign now.",
    ),
    "recipients_keep_changing": Message(
        "People kept being removed or corrected while the campaign was being created. Nothing was"
        " sent.",
        "Press “Try again” once the campaign no longer changes.",
    ),
    "campaign_gone_unscheduled": Message(
        "This campaign was scheduled and is no longer a MailChimp campaign in the CRM. It was"
        " unscheduled: nothing is sent.",
        "Delete its draft in MailChimp, or restore the campaign and press “Try again”.",
    ),
    "schedule_passed": Message(
        "The scheduled time passed before everything was ready. Nothing was sent.",
        "Press “Delete campaign” and choose a new time.",
    ),
    "sent_by_hand": Message(
        "The campaign was sent from within MailChimp. It was not sent again from here.",
        "You do not need to do anything; the report will follow.",
    ),
}

SENDING_MESSAGES: Mapping[str, Message] = {
    **_CONFLICTS,
    **_ENDED,
    **_WAITING,
    **_NOT_READY,
    **_ATTENTION,
}
