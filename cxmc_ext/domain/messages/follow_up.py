"""Messages about a follow-up campaign."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

FOLLOW_UP_MESSAGES: Mapping[str, Message] = {
    "nothing_to_follow": Message(
        "There is nothing to follow up yet.", "Wait until the campaign has been sent."
    ),
    "group_empty": Message("There is nobody in this group.", "Choose another group."),
    "title_empty": Message("The title is empty.", "Enter a title."),
    "title_control": Message(
        "The title contains a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "title_long": Message("The title is longer than %(longest)s characters.", "Make it shorter."),
}
