"""Every Why.code as an English sentence with its remedy. The screens translate; nothing here is HTML."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

FORM_MESSAGES: Mapping[str, Message] = {
    "no_recipients": Message(
        "Nobody has been added to this campaign yet.",
        "Add candidates or contacts to the campaign and press again.",
    ),
    "subject_empty": Message("A mail needs a subject.", "Type a subject."),
    "subject_control": Message(
        "The subject holds a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "subject_long": Message(
        "The subject is longer than %(longest)s characters.", "Make it shorter."
    ),
    "from_name_empty": Message("Recipients want to see who writes.", "Type a from name."),
    "from_name_control": Message(
        "The from name holds a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "from_name_long": Message(
        "The from name is longer than %(longest)s characters.", "Make it shorter."
    ),
    "from_email_wrong": Message(
        "This is not an e-mail address.", "Type an address like name@company.com."
    ),
    "template_missing": Message("A mail needs a template.", "Choose one from the list."),
    "template_unknown": Message(
        "This template is not in the list that was read from MailChimp.",
        "Choose a template from the list, or press “Refresh” to read the list again.",
    ),
    "template_unusable": Message(
        "MailChimp does not let other programs use “%(name)s”: it was made with the new builder.",
        "Make the template with the classic builder in MailChimp, then press “Refresh”.",
    ),
    "time_unreadable": Message(
        "This is not a date and a time.", "Choose a date and a quarter hour."
    ),
    "time_skipped": Message(
        "%(time)s does not exist on that day: the clock jumps forward over it.",
        "Choose an hour earlier or later.",
    ),
    "time_too_soon": Message(
        "MailChimp needs at least 15 minutes to prepare.", "Choose a later time."
    ),
    "time_off_quarter": Message(
        "MailChimp sends on quarter hours only.", "Choose :00, :15, :30 or :45."
    ),
    "time_too_far": Message("This is more than a year ahead.", "Choose an earlier date."),
}
