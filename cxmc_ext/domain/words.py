"""Every Why.code as an English sentence with its remedy. The screens translate; nothing here is HTML."""

from collections.abc import Mapping

from cxmc_ext.domain.values import Problem, Message
from cxmc_ext.domain.words_send import SENDING_MESSAGES
from cxmc_ext.domain.words_sync import SYNC_MESSAGES
from cxmc_ext.domain.words_trial import FOLLOW_UP_MESSAGES, TEST_MAIL_MESSAGES

NO_TEMPLATES = (
    "Got empty templates list from MailChimp. Please make sure that you have user-created templates"
    " and try again."
)
KEY_UPDATED = "Your MailChimp API key was updated"
ACTIVATED = "MailChimp is activated. The feature will be available within 15 minutes."

_CREATE_KEY_REMEDY = (
    "Log in to MailChimp, go to Account > Extras > API keys, deactivate the existing key, press"
    " “Create a Key” and initialise with the new one."
)
_VERIFY_DOMAIN_URL = "https://mailchimp.com/help/verify-a-domain/"

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
    "subject_long": Message("The subject is longer than %(longest)s characters.", "Make it shorter."),
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
    "time_unreadable": Message("This is not a date and a time.", "Choose a date and a quarter hour."),
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

ACCOUNT_MESSAGES: Mapping[str, Message] = {
    "not_active": Message(
        "The MailChimp module is not active.",
        "Ask an administrator to activate it under Maintenance > Settings.",
    ),
    "no_key": Message(
        "No MailChimp account is connected yet.",
        "Open “Settings”, paste the API key and press “Initialize”.",
    ),
    "key_shape": Message(
        "This is not a MailChimp API key.",
        "A key has 32 letters and digits, a dash and a datacenter such as us21. Copy it again from"
        " Account > Extras > API keys in MailChimp.",
    ),
    "key_refused": Message(
        "MailChimp does not accept the API key: it is wrong, or it was disabled.", _CREATE_KEY_REMEDY
    ),
    "key_role": Message(
        "The API key doesn't have the necessary rights: its user is %(role)s, sending needs a manager,"
        " an admin or the owner.",
        "As a user with more rights: " + _CREATE_KEY_REMEDY,
    ),
    "key_free_plan": Message(
        "This is a free MailChimp account; the module only works with a paid one.",
        "Choose a paid plan in MailChimp under Account > Billing, then press “Initialize” again.",
        "https://mailchimp.com/pricing/marketing/",
    ),
    "key_other_account": Message(
        "This key belongs to another MailChimp account (%(name)s) than the one your campaigns live in.",
        "Use a key of the account that is connected now. The key in use was left in place.",
    ),
    "key_unreadable": Message(
        "The stored API key cannot be read: the secret it was stored with is missing.",
        "Open “Settings” and initialise with the API key again.",
    ),
    "mailchimp_unreachable": Message(
        "MailChimp cannot be reached right now. Nothing was changed.",
        "Try again in a few minutes. Does it stay like this? Ask your administrator about the"
        " internet connection of the server.",
    ),
    "choose_audience": Message(
        "Your MailChimp plan allows no further audience.",
        "Choose one of your audiences for the mailings and press “Initialize” again.",
    ),
    "audience_unknown": Message(
        "This audience is not in your MailChimp account.", "Choose one from the list."
    ),
    "free_mail": Message(
        "Addresses at %(domain)s belong to a free mail provider and cannot be verified.",
        "Use an address at your company's own domain.",
        "https://mailchimp.com/help/limitations-of-free-email-addresses/",
    ),
    "domain_refused": Message(
        "MailChimp did not start the verification of %(domain)s.",
        "Check the address, or verify the domain in MailChimp.",
        _VERIFY_DOMAIN_URL,
    ),
    "domain_unknown": Message(
        "This domain is not in your MailChimp account.",
        "Have the verification mail sent first.",
        _VERIFY_DOMAIN_URL,
    ),
    "code_wrong": Message(
        "This is not a verification code.", "Copy the code from the mail MailChimp sent."
    ),
    "erase_who": Message(
        "This is neither an e-mail address nor a person.",
        "Type an address, or candidate:12 or contact:12 with the person's number.",
    ),
    "erase_nobody": Message(
        "Nobody is known by that number, neither in the CRM nor in a campaign.",
        "Look the person up, or type the e-mail address.",
    ),
    "erase_typed": Message(
        "What you typed to confirm is something else. Nobody was erased.",
        "Type exactly the same once more.",
    ),
    "erase_unfinished": Message(
        "MailChimp could not be reached in time, so the person is not erased everywhere. Nobody"
        " mails them any more.",
        "Press “Erase” again: it goes on where it stopped.",
    ),
    "domain_code_wrong": Message(
        "MailChimp did not accept this code for %(domain)s.",
        "Copy the code from the newest mail, or have a new one sent.",
        _VERIFY_DOMAIN_URL,
    ),
}

MESSAGES: Mapping[str, Message] = {**FORM_MESSAGES, **ACCOUNT_MESSAGES, **SENDING_MESSAGES, **SYNC_MESSAGES, **TEST_MAIL_MESSAGES, **FOLLOW_UP_MESSAGES}


def message_for(why: Problem) -> Message:
    """The words of a reason, its values filled in; an unknown code still says something."""
    words = MESSAGES.get(why.code, MESSAGES["unexpected"])
    return Message(
        words.text % _BlankIfMissing(why.values), words.remedy % _BlankIfMissing(why.values), words.link
    )


class _BlankIfMissing(dict[str, str]):
    """Values for a sentence; one that is missing stays empty instead of failing the page."""

    def __missing__(self, name: str) -> str:
        return ""
