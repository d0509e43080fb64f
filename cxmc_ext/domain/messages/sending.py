"""The words of everything between a press and the mail: refusals, waiting, not ready, attention."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

_VERIFY_DOMAIN_URL = "https://mailchimp.com/help/verify-a-domain/"
_OPEN_IN_MAILCHIMP = "Open the campaign in MailChimp and look whether it was sent."

_CONFLICTS: Mapping[str, Message] = {
    "busy": Message(
        "Something else is being done with this campaign right now.",
        "Wait until it has ended; this page shows when.",
    ),
    "campaign_gone": Message(
        "This campaign no longer exists, or you may no longer see it.", "Go back to the campaigns."
    ),
    "already_created": Message(
        "There is a MailChimp campaign for this campaign already.",
        "Use the buttons shown here; to start over, press “Delete campaign” first.",
    ),
    "already_sent": Message(
        "The campaign was sent already, and what is sent stays.",
        "To mail again, make a new campaign.",
    ),
    "nothing_to_check": Message("There is nothing to check now.", "Reload the page."),
    "nothing_to_retry": Message("There is nothing to try again now.", "Reload the page."),
    "nothing_to_delete": Message("There is no MailChimp campaign to delete.", "Reload the page."),
    "not_scheduled": Message("The campaign is not scheduled.", "Reload the page."),
    "nonce_reused": Message("This form was sent before, for something else.", "Reload the page."),
}

_ENDED: Mapping[str, Message] = {
    "no_rights": Message(
        "Stopped: the person who asked for it may no longer do so.",
        "Ask a colleague with the right to send to press again.",
    ),
    "deactivated": Message(
        "Stopped: the MailChimp module was deactivated.",
        "Once it is active again, press “Check again” to go on.",
    ),
    "stopped_after_intent": Message(
        "Stopped while MailChimp was asked to send. It is not certain whether it did.",
        _OPEN_IN_MAILCHIMP
        + " Once the module is active, “Try again” finds out and never mails twice.",
    ),
    "took_too_long": Message(
        "This took too long and was stopped. Nothing was sent.",
        "Press “Try again”: it goes on where it stopped.",
    ),
    "removal_unfinished": Message(
        "This took too long and was stopped. Something may be left in MailChimp.",
        "Press the same button again: it goes on where it stopped.",
    ),
    "outcome_unknown": Message(
        "MailChimp was asked to send, and did not say whether it did.",
        _OPEN_IN_MAILCHIMP + " “Try again” reads it from MailChimp and never mails twice.",
    ),
    "unexpected": Message(
        "Something unexpected happened.", "Press “Try again”, or ask your administrator."
    ),
}

_WAITING: Mapping[str, Message] = {
    "waiting_throttled": Message(
        "MailChimp asks us to wait a moment: too much is going on in the account.",
        "Nothing to do; it goes on by itself.",
    ),
    "waiting_unreachable": Message(
        "MailChimp cannot be reached right now.", "Nothing to do; it goes on by itself."
    ),
    "waiting_unclear": Message(
        "MailChimp's answer was lost or unclear. Reading what it did before going on.",
        "Nothing to do; it goes on by itself.",
    ),
    "waiting_settle": Message(
        "Waiting until it is certain what MailChimp did.", "Nothing to do; it goes on by itself."
    ),
}

_NOT_READY: Mapping[str, Message] = {
    "nobody_to_mail": Message(
        "Nobody is left to mail: everyone in this campaign is left out.",
        "See the reasons in the list of recipients, add other people, then press “Check again”.",
    ),
    "template_gone": Message(
        "The template no longer exists in MailChimp.",
        "Press “Delete campaign”, then choose another template.",
    ),
    "mailchimp_refused": Message(
        "MailChimp did not accept this.", "Change what MailChimp names, then press “Check again”."
    ),
    "mailchimp_forbids": Message(
        "MailChimp does not allow this: the user of the API key has not the rights, or your plan does"
        " not include it.",
        "Ask the owner of the MailChimp account, then press “Check again”.",
    ),
    "check_domain": Message(
        "MailChimp requires that the “From” address uses a verified domain.",
        "Verify the domain, then press “Check again”.",
        _VERIFY_DOMAIN_URL,
    ),
    "check_template": Message(
        "The content of the template is not complete.",
        "Complete the template in MailChimp. Because the content of a created campaign stays, press"
        " “Delete campaign” and create it anew.",
    ),
    "check_subject": Message(
        "The subject is not right.", "Change it in MailChimp, then press “Check again”."
    ),
    "check_from": Message(
        "The sender is not right.", "Change it in MailChimp, then press “Check again”."
    ),
    "check_recipients": Message(
        "MailChimp finds nobody to send to.",
        "See the list of recipients, then press “Check again”.",
    ),
    "check_account": Message(
        "Something about your MailChimp account stands in the way.",
        "Log in to MailChimp, solve it there, then press “Check again”.",
    ),
    "check_other": Message(
        "MailChimp says that the campaign is not ready.",
        "Solve it in MailChimp, then press “Check again”.",
    ),
    "check_unsaid": Message(
        "MailChimp says that the campaign is not ready, but not why.",
        "Open the campaign in MailChimp, complete it, then press “Check again”.",
    ),
}

_ATTENTION: Mapping[str, Message] = {
    "other_account": Message(
        "The key now belongs to another MailChimp account than this campaign. Nothing was sent.",
        "Initialise with a key of the first account, then press “Try again”.",
    ),
    "audience_gone": Message(
        "The audience no longer exists in MailChimp. Nothing was sent.",
        "Open “Settings” and press “Initialize”, then press “Delete campaign” and start over.",
    ),
    "stranger": Message(
        "The segment in MailChimp holds somebody who is not a recipient. Nothing was sent.",
        "Press “Delete campaign” and create it anew.",
    ),
    "recipients_changed": Message(
        "Somebody changed the recipients of the campaign in MailChimp. Nothing was sent.",
        "Press “Delete campaign” and create it anew.",
    ),
    "too_many": Message(
        "MailChimp would mail %(counted)s people, but only %(meant)s are meant. Nothing was sent.",
        "Press “Delete campaign” and create it anew.",
    ),
    "touched": Message(
        "Somebody already changed the state of the campaign in MailChimp: it is “%(status)s” there. "
        "We sent nothing.",
        "Open the campaign in MailChimp; this page follows what happens there.",
    ),
    "draft_gone": Message(
        "The campaign was deleted in MailChimp. Nothing was sent.",
        "Press “Delete campaign” to get the form back.",
    ),
    "gone_unknown": Message(
        "The campaign was deleted in MailChimp after we asked to send it. Whether it was sent is not"
        " known, so it will not be sent again.",
        "Ask your colleagues. To mail after all, make a new campaign.",
    ),
    "remote_gone": Message(
        "Something of this campaign no longer exists in MailChimp. Nothing was sent.",
        "Press “Delete campaign” and create it anew.",
    ),
    "opted_out_meanwhile": Message(
        "Somebody opted out while MailChimp was being asked to send. The campaign was not sent.",
        "Press “Delete campaign” and create it anew.",
    ),
    "opt_outs_keep_coming": Message(
        "People opted out again and again while the campaign was being made. Nothing was sent.",
        "Press “Try again”.",
    ),
    "schedule_passed": Message(
        "The planned time has passed before everything was ready. Nothing was sent.",
        "Press “Delete campaign” and plan a new time.",
    ),
    "sent_by_hand": Message(
        "The campaign was sent from within MailChimp. We did not send it again.",
        "Nothing to do; the report follows.",
    ),
}

SENDING_MESSAGES: Mapping[str, Message] = {
    **_CONFLICTS,
    **_ENDED,
    **_WAITING,
    **_NOT_READY,
    **_ATTENTION,
}
