"""Messages about erasing a person."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

ERASURE_MESSAGES: Mapping[str, Message] = {
    "erasure_target_invalid": Message(
        "This is neither an e-mail address nor a reference to a person.",
        "Enter an address, or a person's reference such as candidate:12 or contact:12.",
    ),
    "erasure_person_unknown": Message(
        "No person with that reference exists in the CRM or in a campaign.",
        "Look up the person's reference, or enter the e-mail address.",
    ),
    "erasure_confirmation_wrong": Message(
        "The confirmation does not match. Nobody was erased.",
        "Type exactly the same text again.",
    ),
    "erasure_unfinished": Message(
        "MailChimp could not be reached in time, so the person is not erased everywhere yet. They"
        " are no longer mailed.",
        "Press “Erase” again to continue where it stopped.",
    ),
}
