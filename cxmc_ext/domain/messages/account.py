"""Every Why.code as an English sentence with its remedy. The screens translate; nothing here is HTML."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

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
        "MailChimp does not accept the API key: it is wrong, or it was disabled.",
        _CREATE_KEY_REMEDY,
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
