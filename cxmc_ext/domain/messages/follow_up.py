"""Messages about a follow-up campaign."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

FOLLOW_UP_MESSAGES: Mapping[str, Message] = {
    "nothing_to_follow": Message(
        "There is nothing to follow up yet.", "Wait until the campaign has been sent."
    ),
    "resend_too_early": Message(
        "It is too early to mail them again.",
        "Wait until %(hours)s hours after sending: many people read a mail a day or two later.",
    ),
    "everybody_opened": Message(
        "There is nobody left to mail again: everybody opened it, bounced or unsubscribed.",
        "Create a follow-up for those who opened or clicked instead.",
    ),
    "nobody_added": Message(
        "Nobody was added to the campaign since it was sent.",
        "Add people to the campaign first.",
    ),
    "group_empty": Message("There is nobody in this group.", "Choose another group."),
    "title_empty": Message("The title is empty.", "Enter a title."),
    "title_control": Message(
        "The title contains a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "title_long": Message("The title is longer than %(longest)s characters.", "Make it shorter."),
}
