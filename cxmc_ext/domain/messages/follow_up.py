"""The words of “Send test”, “Preview” and a follow-up."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

FOLLOW_UP_MESSAGES: Mapping[str, Message] = {
    "nothing_to_follow": Message(
        "There is nothing to follow up yet.", "Wait until the campaign was sent."
    ),
    "group_empty": Message("Nobody is in this group.", "Choose another one."),
    "title_empty": Message("A campaign needs a title.", "Type a title."),
    "title_control": Message(
        "The title holds a line break or another invisible character.",
        "Type it again on one line.",
    ),
    "title_long": Message("The title is longer than %(longest)s characters.", "Make it shorter."),
}
