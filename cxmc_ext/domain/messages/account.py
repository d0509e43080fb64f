"""Messages about the MailChimp account: activation, the API key, audiences and sender domains."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

# Fixed texts that are not about a problem.
NO_TEMPLATES = (
    "Got empty templates list from MailChimp. Please make sure that you have user-created templates"
    " and try again."
)
VERIFIED_DOMAIN_REQUIRED = "MailChimp requires that the “From” address uses a verified domain."
KEY_UPDATED = "Your MailChimp API key was updated"
# The wording of these two is the customer's.
ACTIVATED = "MailChimp is activated. The feature will be available within 15 minutes."
_CREATE_KEY_REMEDY = (
    "Log in to MailChimp, go to Account > Extras > API keys, deactivate the existing key, press"
    " “Create a Key” and initialize with the new one."
)
VERIFY_DOMAIN_URL = "https://mailchimp.com/help/verify-a-domain/"

ACCOUNT_MESSAGES: Mapping[str, Message] = {
    "not_active": Message(
        "The MailChimp module is not active.",
        "Ask an administrator to activate it under Maintenance > Settings.",
    ),
    "deactivation_unfinished": Message(
        "MailChimp was not deactivated: a scheduled campaign could not be unscheduled, so MailChimp would"
        " still send it.",
        "Look at the campaign's tab, then press “Deactivate” again, or leave the campaign to MailChimp.",
    ),
    "sending_stopped": Message(
        "All sending is stopped.",
        "Ask an administrator: “Allow sending again” is in the control room.",
    ),
    "stop_unfinished": Message(
        "No more mail starts from here, but a scheduled campaign could not be unscheduled, so MailChimp"
        " would still send it.",
        "Press “Unschedule them now” in the control room, or unschedule it in MailChimp.",
    ),
    "waiting_unscheduling": Message(
        "Waiting until the scheduled campaigns are unscheduled.",
        "You do not need to do anything; the work continues by itself.",
    ),
    "no_key": Message(
        "No MailChimp account is connected yet.",
        "Open “Settings”, paste the API key and press “Initialize”.",
    ),
    "key_shape": Message(
        "This is not a MailChimp API key.",
        "A key has 32 letters and digits, a dash and a data center such as us21. Copy it again"
        " from Account > Extras > API keys in MailChimp.",
    ),
    "key_refused": Message(
        "MailChimp does not accept the API key: it is wrong or has been disabled.",
        _CREATE_KEY_REMEDY,
    ),
    "key_role": Message(
        "The API key doesn't have the necessary rights: its user is %(role)s. Sending requires a"
        " manager, an admin or the owner.",
        "As a user with more rights: " + _CREATE_KEY_REMEDY,
    ),
    "merge_field_missing": Message(
        "The field “%(name)s” could not be added to the audience. Until it is there, mails are sent"
        " without it.",
        "Delete a field that you do not need in MailChimp, then press “Initialize” again.",
    ),
    "key_free_plan": Message(
        "This is a free MailChimp account; the module only works with a paid one.",
        "Choose a paid plan in MailChimp under Account > Billing, then press “Initialize” again.",
        "https://mailchimp.com/pricing/marketing/",
    ),
    "key_other_account": Message(
        "This key belongs to another MailChimp account (%(name)s) than your existing campaigns.",
        "Use a key of the connected account. The current key is still in use.",
    ),
    "key_unreadable": Message(
        "The stored API key cannot be decrypted: the secret it was encrypted with is missing.",
        "Open “Settings” and initialize with the API key again.",
    ),
    "webhook_refused": Message(
        "MailChimp did not register the webhook, so unsubscribes are found when a report is read.",
        "Check that CXMC_PUBLIC_URL leads to this application from the internet, without a login, then"
        " press “Initialize” again.",
    ),
    "login_revoked": Message(
        "MailChimp no longer accepts the login: it was revoked, or its user has lost access.",
        "Press “Log in with MailChimp” again, or initialize with an API key.",
    ),
    "login_role": Message(
        "The user who logged in to MailChimp doesn't have the necessary rights: it is %(role)s. Sending"
        " requires a manager, an admin or the owner.",
        "Press “Log in with MailChimp” again as a user with more rights, or initialize with an API key.",
    ),
    "login_refused": Message(
        "You did not allow access in MailChimp, so nothing was connected.",
        "Press “Log in with MailChimp” again, or initialize with an API key.",
    ),
    "login_forged": Message(
        "This login did not begin here, has already been used, or took more than 10 minutes. Nothing was"
        " changed.",
        "Press “Log in with MailChimp” again.",
    ),
    "login_expired": Message(
        "MailChimp's confirmation of the login is no longer valid. Nothing was changed.",
        "Press “Log in with MailChimp” again.",
    ),
    "login_client": Message(
        "MailChimp does not know this application: its client ID or secret is wrong.",
        "Ask your administrator to correct CXMC_OAUTH_CLIENT_ID and CXMC_OAUTH_CLIENT_SECRET.",
    ),
    "login_datacenter": Message(
        "MailChimp's answer to the login cannot be used: it names no data center. Nothing was changed.",
        "Press “Log in with MailChimp” again, or initialize with an API key.",
    ),
    "account_disabled": Message(
        "MailChimp has deactivated this account, or the user of the API key.",
        "Log in to MailChimp to see why, or ask MailChimp's support; then try again.",
        "https://mailchimp.com/help/about-account-compliance/",
    ),
    "server_blocked": Message(
        "MailChimp's network protection (Akamai) blocks the requests of this server. The API key and"
        " your rights are not the reason.",
        "The work continues by itself when the block ends. If it does not end, ask your administrator"
        " to give MailChimp's support the reference number.",
    ),
    "mailchimp_unreachable": Message(
        "MailChimp cannot be reached right now. Nothing was changed.",
        "Try again in a few minutes. If the problem persists, ask your administrator to check the"
        " server's internet connection.",
    ),
    "choose_audience": Message(
        "Your MailChimp plan does not allow another audience.",
        "Choose one of your existing audiences and press “Initialize” again.",
    ),
    "audience_unknown": Message(
        "This audience is not in your MailChimp account.", "Choose one from the list."
    ),
    "free_mail": Message(
        "%(domain)s is a free e-mail provider; its addresses cannot be verified.",
        "Use an address at your company's own domain.",
        "https://mailchimp.com/help/limitations-of-free-email-addresses/",
    ),
    "domain_refused": Message(
        "MailChimp did not start verifying %(domain)s.",
        "Check the address, or verify the domain in MailChimp.",
        VERIFY_DOMAIN_URL,
    ),
    "domain_unknown": Message(
        "This domain is not in your MailChimp account.",
        "Press “Send verification e-mail” first.",
        VERIFY_DOMAIN_URL,
    ),
    "code_wrong": Message(
        "This is not a verification code.", "Copy the code from MailChimp's mail."
    ),
    "domain_code_wrong": Message(
        "MailChimp did not accept this code for %(domain)s.",
        "Copy the code from the latest mail, or press “Send verification e-mail” again.",
        VERIFY_DOMAIN_URL,
    ),
}
