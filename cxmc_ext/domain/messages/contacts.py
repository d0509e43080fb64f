"""Messages about contacts that cost money."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

CONTACT_LIMIT_REMEDY = (
    "Archive contacts that are not mailed, or raise the limit on the page of the MailChimp account if"
    " your plan allows more."
)

CONTACT_MESSAGES: Mapping[str, Message] = {
    "contact_limit_exceeded": Message(
        "Nothing was sent: the plan has no room for that. New contacts: %(added)s; used: %(used)s of"
        " %(limit)s.",
        CONTACT_LIMIT_REMEDY,
    ),
    "no_unused_contacts": Message(
        "There are no unused contacts to archive.", "Reload the page to see the current number."
    ),
    "archiving_unfinished": Message(
        "This took too long and was stopped. Not all unused contacts are archived yet.",
        "Press “Archive” again to continue where it stopped.",
    ),
    "choice_unknown": Message("This is none of the choices.", "Choose one from the list."),
    "waiting_turn": Message("Other work comes first.", "It then continues by itself."),
    "contact_limit_wrong": Message(
        "This is not a number of contacts.",
        "Enter digits only, such as 10000, or nothing if you do not know the limit.",
    ),
}
