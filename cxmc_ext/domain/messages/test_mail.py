"""Messages about test mails and previews."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

TEST_MAIL_MESSAGES: Mapping[str, Message] = {
    "test_to_missing": Message(
        "No test address is filled in.", "Enter one or more addresses, separated by commas."
    ),
    "test_to_wrong": Message(
        "“%(address)s” is not an e-mail address.", "Enter addresses like name@company.com."
    ),
    "test_to_many": Message(
        "A test mail can go to at most %(most)s addresses.", "Remove some addresses."
    ),
    "test_unknown": Message(
        "MailChimp was asked to send the test mail but did not confirm that it did.",
        "Check the mailbox. If nothing arrives within a few minutes, press “Send test” again.",
    ),
    "test_mail_refused": Message(
        "MailChimp did not accept this. Nobody was mailed.",
        "Correct what MailChimp mentions, then try again.",
    ),
    "test_mail_template_gone": Message(
        "MailChimp can no longer find this template.",
        "Press “Refresh”, choose another template and try again.",
    ),
    "test_mail_unsafe": Message(
        "The draft in MailChimp had recipients although it must have none. Nobody was mailed.",
        "Try again. If the problem persists, ask your administrator.",
    ),
    "test_mail_unfinished": Message(
        "This took too long and was stopped. It is not certain whether it succeeded.",
        "Check the mailbox or the preview. If nothing is there, try again.",
    ),
    "design_gone": Message(
        "MailChimp can no longer find the campaign whose design was chosen.",
        "Choose another template or design. If the form is not shown, press “Delete campaign” first.",
    ),
    "design_empty": Message(
        "The campaign whose design was chosen has no content, so nothing was sent.",
        "Choose another one. If the form is not shown, press “Delete campaign” first.",
    ),
    "design_placeholder": Message(
        "MailChimp gives out a placeholder instead of this design, so nothing was sent.",
        "Choose a campaign that was sent, or a template of the classic builder. If the form is not shown,"
        " press “Delete campaign” first.",
    ),
    "design_not_copied": Message(
        "MailChimp did not take over the design as it is, so nothing was sent.",
        "Choose another design, or a template of the classic builder. If the form is not shown, press"
        " “Delete campaign” first.",
    ),
    "preview_long": Message(
        "The template is too long to be shown here.", "View it in MailChimp, or send a test mail."
    ),
}
