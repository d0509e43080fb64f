"""Every Why.code as an English sentence with its remedy. The screens translate; nothing here is HTML."""

from collections.abc import Mapping

from cxmc_ext.domain.messages.account import ACCOUNT_MESSAGES
from cxmc_ext.domain.messages.follow_up import FOLLOW_UP_MESSAGES
from cxmc_ext.domain.messages.form import FORM_MESSAGES
from cxmc_ext.domain.messages.sending import SENDING_MESSAGES
from cxmc_ext.domain.messages.sync import SYNC_MESSAGES
from cxmc_ext.domain.messages.test_mail import TEST_MAIL_MESSAGES
from cxmc_ext.domain.problems import Message, Problem

MESSAGES: Mapping[str, Message] = {
    **FORM_MESSAGES,
    **ACCOUNT_MESSAGES,
    **SENDING_MESSAGES,
    **SYNC_MESSAGES,
    **TEST_MAIL_MESSAGES,
    **FOLLOW_UP_MESSAGES,
}


def message_for(why: Problem) -> Message:
    """The words of a reason, its values filled in; an unknown code still says something."""
    words = MESSAGES.get(why.code, MESSAGES["unexpected"])
    return Message(
        words.text % _BlankIfMissing(why.values),
        words.remedy % _BlankIfMissing(why.values),
        words.link,
    )


class _BlankIfMissing(dict[str, str]):
    """Values for a sentence; one that is missing stays empty instead of failing the page."""

    def __missing__(self, name: str) -> str:
        return ""
