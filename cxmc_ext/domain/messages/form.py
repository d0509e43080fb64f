"""Messages about the fields of the form."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

FORM_MESSAGES: Mapping[str, Message] = {
    "text_unreadable": Message(
        "This text contains characters that cannot be stored.",
        "Type it again instead of pasting it.",
    ),
    "draft_changed": Message(
        "%(name)s changed this form at %(time)s in another window. What you typed here is not saved.",
        "Open the saved version, or keep what you typed here instead of it.",
    ),
    "draft_changed_by_you": Message(
        "You changed this form at %(time)s in another window. What you typed here is not saved.",
        "Open the saved version, or keep what you typed here instead of it.",
    ),
    "no_recipients": Message(
        "Nobody has been added to this campaign yet.",
        "Add candidates or contacts to the campaign, then try again.",
    ),
    "subject_empty": Message("The subject is empty.", "Enter a subject."),
    "subject_control": Message(
        "The subject contains a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "subject_long": Message(
        "The subject is longer than %(longest)s characters.", "Make it shorter."
    ),
    "preview_text_control": Message(
        "The preview text contains a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "preview_text_long": Message(
        "The preview text is longer than %(longest)s characters.", "Make it shorter."
    ),
    "from_name_empty": Message(
        "The from name is empty.", "Enter the name recipients see as the sender."
    ),
    "from_name_control": Message(
        "The from name contains a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "from_name_long": Message(
        "The from name is longer than %(longest)s characters.", "Make it shorter."
    ),
    "from_email_wrong": Message(
        "This is not an e-mail address.", "Enter an address like name@company.com."
    ),
    "template_missing": Message("No template is selected.", "Choose one from the list."),
    "template_unknown": Message(
        "This template is not in the list that was read from MailChimp.",
        "Choose a template from the list, or press “Refresh” to read the list again.",
    ),
    "template_unusable": Message(
        "“%(name)s” was made with MailChimp's new builder. Other programs cannot use such"
        " templates.",
        "Create the template with the classic builder in MailChimp, or a campaign with this template, whose"
        " design can be used; then press “Refresh”.",
    ),
    "regions_long": Message(
        "The texts have more than %(longest)s characters; mail programs cut off such mails.",
        "Shorten the texts.",
    ),
    "region_code_tag": Message(
        "“%(name)s” contains a merge tag that inserts code from elsewhere (*|HTML:…|*).",
        "Remove it; tags such as *|FNAME|* can be used.",
    ),
    "region_cleaned": Message(
        "“%(name)s” contained something that mails cannot show: %(parts)s. It has been removed.",
        "Look at the text once more, then press the button again.",
    ),
    "block_gone": Message(
        "The CRM does not offer this list any more.", "Choose another list, or write the text."
    ),
    "block_empty": Message(
        "“%(title)s” has no entry that a mail can contain.",
        "Look into the CRM: every entry needs a title, and links begin with https://.",
    ),
    "time_unreadable": Message(
        "This is not a valid date and time.", "Choose a date and a quarter hour."
    ),
    "time_skipped": Message(
        "%(time)s does not exist on that day: the clocks go forward at that time.",
        "Choose an hour earlier or later.",
    ),
    "time_too_soon": Message(
        "MailChimp needs at least 15 minutes to prepare.", "Choose a later time."
    ),
    "time_off_quarter": Message(
        "MailChimp sends on quarter hours only.", "Choose :00, :15, :30 or :45."
    ),
    "time_over_cap": Message(
        "At that time %(n)s of the recipients would have reached the frequency cap. The campaign keeps its"
        " time.",
        "Choose another time. Or unschedule the campaign and schedule it again: who has reached the cap is"
        " left out then.",
    ),
    "time_unchanged": Message("The campaign is scheduled for this time.", "Choose another time."),
    "time_too_far": Message("This is more than a year from now.", "Choose an earlier date."),
}
