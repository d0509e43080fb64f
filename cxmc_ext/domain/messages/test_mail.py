"""The words of “Send test”, “Preview” and a follow-up."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

TEST_MAIL_MESSAGES: Mapping[str, Message] = {
    "test_to_missing": Message(
        "A test mail needs an address.", "Type one or more, with commas between them."
    ),
    "test_to_wrong": Message(
        "“%(address)s” is not an e-mail address.", "Type addresses like name@company.com."
    ),
    "test_to_many": Message(
        "A test mail goes to %(most)s addresses at most.", "Leave the others out."
    ),
    "test_unknown": Message(
        "MailChimp was asked to send the test mail, and did not say whether it did.",
        "Look into the mailbox; if nothing comes within minutes, press “Send test” again.",
    ),
    "trial_refused": Message(
        "MailChimp did not accept this. Nobody was mailed.",
        "Change what MailChimp names, then press again.",
    ),
    "trial_template": Message(
        "MailChimp does not find this template any more.",
        "Press “Refresh”, choose another one and press again.",
    ),
    "trial_unsafe": Message(
        "The draft for it in MailChimp would not have been addressed to nobody. Nobody was mailed.",
        "Press again. Does it happen again? Ask your administrator.",
    ),
    "trial_unfinished": Message(
        "This took too long and was stopped. It is not certain whether it was done.",
        "Look into the mailbox or at the preview; if nothing is there, press again.",
    ),
    "preview_long": Message(
        "The template is too long to be shown here.", "Look at it in MailChimp, or send a test."
    ),
}
