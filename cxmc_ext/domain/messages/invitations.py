"""Messages about inviting back somebody who opted out."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

INVITATION_MESSAGES: Mapping[str, Message] = {
    "invitation_person_unknown": Message(
        "The CRM does not know this person any more.",
        "Open the person in the CRM and try again.",
    ),
    "invitation_no_address": Message(
        "This person has no valid e-mail address, so MailChimp cannot ask them.",
        "Enter an address in the CRM first.",
    ),
    "invitation_erased": Message(
        "This address was erased on request and is never sent to MailChimp again.",
        "Only the person can subscribe, with MailChimp's signup form.",
    ),
    "invitation_not_opted_out": Message(
        "This person did not opt out, so there is nothing to ask.",
        "They are in no opt-out group.",
    ),
    "invitation_unsupported": Message(
        "This CRM cannot end an opt-out by itself.",
        "Ask your administrator to add the ability OptInHost to the CRM.",
    ),
    "invitation_subscribed": Message(
        "MailChimp has this address as subscribed, so it sends no confirmation. The opt-out was made in"
        " the CRM, or at another address of the person.",
        "If the person wants to be mailed again, take them out of the opt-out group in the CRM.",
    ),
    "invitation_cleaned": Message(
        "MailChimp mails this address no more, because mail to it bounced.",
        "Ask the person for another address and enter it in the CRM.",
    ),
    "invitation_refused": Message(
        "MailChimp does not send a confirmation to this person: they unsubscribed themselves.",
        "Give them the address of the signup form. Within an hour after they have subscribed there,"
        " they can be mailed again.",
    ),
    "invitation_unfinished": Message(
        "MailChimp did not answer in time. Whether it asked the person is not known.",
        "Press “Ask for confirmation” again: a person who was asked is not asked twice.",
    ),
}
