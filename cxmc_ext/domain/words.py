"""Every Why.code as an English sentence with its remedy. The screens translate; nothing here is HTML."""

from collections.abc import Mapping

from cxmc_ext.domain.values import Why, Words
from cxmc_ext.domain.words_send import SEND
from cxmc_ext.domain.words_sync import SYNC
from cxmc_ext.domain.words_trial import FOLLOW_UP, TRIAL

NO_TEMPLATES = (
    "Got empty templates list from MailChimp. Please make sure that you have user-created templates"
    " and try again."
)
KEY_UPDATED = "Your MailChimp API key was updated"
ACTIVATED = "MailChimp is activated. The feature will be available within 15 minutes."

_NEW_KEY = (
    "Log in to MailChimp, go to Account > Extras > API keys, deactivate the existing key, press"
    " “Create a Key” and initialise with the new one."
)
_VERIFY = "https://mailchimp.com/help/verify-a-domain/"

_FORM: Mapping[str, Words] = {
    "no_recipients": Words(
        "Nobody has been added to this campaign yet.",
        "Add candidates or contacts to the campaign and press again.",
    ),
    "subject_empty": Words("A mail needs a subject.", "Type a subject."),
    "subject_control": Words(
        "The subject holds a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "subject_long": Words("The subject is longer than %(longest)s characters.", "Make it shorter."),
    "from_name_empty": Words("Recipients want to see who writes.", "Type a from name."),
    "from_name_control": Words(
        "The from name holds a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "from_name_long": Words(
        "The from name is longer than %(longest)s characters.", "Make it shorter."
    ),
    "from_email_wrong": Words(
        "This is not an e-mail address.", "Type an address like name@company.com."
    ),
    "template_missing": Words("A mail needs a template.", "Choose one from the list."),
    "template_unknown": Words(
        "This template is not in the list that was read from MailChimp.",
        "Choose a template from the list, or press “Refresh” to read the list again.",
    ),
    "template_unusable": Words(
        "MailChimp does not let other programs use “%(name)s”: it was made with the new builder.",
        "Make the template with the classic builder in MailChimp, then press “Refresh”.",
    ),
    "time_unreadable": Words("This is not a date and a time.", "Choose a date and a quarter hour."),
    "time_skipped": Words(
        "%(time)s does not exist on that day: the clock jumps forward over it.",
        "Choose an hour earlier or later.",
    ),
    "time_too_soon": Words(
        "MailChimp needs at least 15 minutes to prepare.", "Choose a later time."
    ),
    "time_off_quarter": Words(
        "MailChimp sends on quarter hours only.", "Choose :00, :15, :30 or :45."
    ),
    "time_too_far": Words("This is more than a year ahead.", "Choose an earlier date."),
}

_ACCOUNT: Mapping[str, Words] = {
    "not_active": Words(
        "The MailChimp module is not active.",
        "Ask an administrator to activate it under Maintenance > Settings.",
    ),
    "no_key": Words(
        "No MailChimp account is connected yet.",
        "Open “Settings”, paste the API key and press “Initialize”.",
    ),
    "key_shape": Words(
        "This is not a MailChimp API key.",
        "A key has 32 letters and digits, a dash and a datacenter such as us21. Copy it again from"
        " Account > Extras > API keys in MailChimp.",
    ),
    "key_refused": Words(
        "MailChimp does not accept the API key: it is wrong, or it was disabled.", _NEW_KEY
    ),
    "key_role": Words(
        "The API key doesn't have the necessary rights: its user is %(role)s, sending needs a manager,"
        " an admin or the owner.",
        "As a user with more rights: " + _NEW_KEY,
    ),
    "key_free_plan": Words(
        "This is a free MailChimp account; the module only works with a paid one.",
        "Choose a paid plan in MailChimp under Account > Billing, then press “Initialize” again.",
        "https://mailchimp.com/pricing/marketing/",
    ),
    "key_other_account": Words(
        "This key belongs to another MailChimp account (%(name)s) than the one your campaigns live in.",
        "Use a key of the account that is connected now. The key in use was left in place.",
    ),
    "key_unreadable": Words(
        "The stored API key cannot be read: the secret it was stored with is missing.",
        "Open “Settings” and initialise with the API key again.",
    ),
    "mailchimp_unreachable": Words(
        "MailChimp cannot be reached right now. Nothing was changed.",
        "Try again in a few minutes. Does it stay like this? Ask your administrator about the"
        " internet connection of the server.",
    ),
    "choose_audience": Words(
        "Your MailChimp plan allows no further audience.",
        "Choose one of your audiences for the mailings and press “Initialize” again.",
    ),
    "audience_unknown": Words(
        "This audience is not in your MailChimp account.", "Choose one from the list."
    ),
    "free_mail": Words(
        "Addresses at %(domain)s belong to a free mail provider and cannot be verified.",
        "Use an address at your company's own domain.",
        "https://mailchimp.com/help/limitations-of-free-email-addresses/",
    ),
    "domain_refused": Words(
        "MailChimp did not start the verification of %(domain)s.",
        "Check the address, or verify the domain in MailChimp.",
        _VERIFY,
    ),
    "domain_unknown": Words(
        "This domain is not in your MailChimp account.",
        "Have the verification mail sent first.",
        _VERIFY,
    ),
    "code_wrong": Words(
        "This is not a verification code.", "Copy the code from the mail MailChimp sent."
    ),
    "erase_who": Words(
        "This is neither an e-mail address nor a person.",
        "Type an address, or candidate:12 or contact:12 with the person's number.",
    ),
    "erase_nobody": Words(
        "Nobody is known by that number, neither in the CRM nor in a campaign.",
        "Look the person up, or type the e-mail address.",
    ),
    "erase_typed": Words(
        "What you typed to confirm is something else. Nobody was erased.",
        "Type exactly the same once more.",
    ),
    "erase_unfinished": Words(
        "MailChimp could not be reached in time, so the person is not erased everywhere. Nobody"
        " mails them any more.",
        "Press “Erase” again: it goes on where it stopped.",
    ),
    "domain_code_wrong": Words(
        "MailChimp did not accept this code for %(domain)s.",
        "Copy the code from the newest mail, or have a new one sent.",
        _VERIFY,
    ),
}

WORDS: Mapping[str, Words] = {**_FORM, **_ACCOUNT, **SEND, **SYNC, **TRIAL, **FOLLOW_UP}


def words_of(why: Why) -> Words:
    """The words of a reason, its values filled in; an unknown code still says something."""
    words = WORDS.get(why.code, WORDS["unexpected"])
    return Words(
        words.sentence % _Values(why.values), words.remedy % _Values(why.values), words.link
    )


class _Values(dict[str, str]):
    """Values for a sentence; one that is missing stays empty instead of failing the page."""

    def __missing__(self, name: str) -> str:
        return ""
