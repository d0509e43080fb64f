"""Messages about opt-out groups."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

OPT_OUT_MESSAGES: Mapping[str, Message] = {
    "opt_out_groups_missing": Message(
        "The group of people who opted out is missing, so nothing is sent.",
        "An administrator gives the group its tag “%(tag)s” back. If the group was deleted, press"
        " “Create the groups again” in the settings: everybody who is known to have opted out is"
        " added to it.",
    ),
    "opt_outs_not_written": Message(
        "%(n)s of %(total)s people who opted out could not be added to the opt-out group.",
        "Ask your administrator to check that the groups with the opt-out tag accept members. It is"
        " tried again by itself.",
    ),
}
