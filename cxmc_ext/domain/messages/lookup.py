"""Finds the message of a problem. One table per topic; the codes are unique across all of them."""

from collections.abc import Mapping

from cxmc_ext.domain.messages.account import ACCOUNT_MESSAGES
from cxmc_ext.domain.messages.campaign_import import CAMPAIGN_IMPORT_MESSAGES
from cxmc_ext.domain.messages.contacts import CONTACT_MESSAGES
from cxmc_ext.domain.messages.erasure import ERASURE_MESSAGES
from cxmc_ext.domain.messages.follow_up import FOLLOW_UP_MESSAGES
from cxmc_ext.domain.messages.form import FORM_MESSAGES
from cxmc_ext.domain.messages.invitations import INVITATION_MESSAGES
from cxmc_ext.domain.messages.opt_outs import OPT_OUT_MESSAGES
from cxmc_ext.domain.messages.processes import PROCESS_MESSAGES
from cxmc_ext.domain.messages.queue import QUEUE_MESSAGES
from cxmc_ext.domain.messages.sending import SENDING_MESSAGES
from cxmc_ext.domain.messages.sync import SYNC_MESSAGES
from cxmc_ext.domain.messages.test_mail import TEST_MAIL_MESSAGES
from cxmc_ext.domain.problems import Message, Problem

MESSAGES: Mapping[str, Message] = {
    **FORM_MESSAGES,
    **ACCOUNT_MESSAGES,
    **CAMPAIGN_IMPORT_MESSAGES,
    **CONTACT_MESSAGES,
    **ERASURE_MESSAGES,
    **SENDING_MESSAGES,
    **SYNC_MESSAGES,
    **INVITATION_MESSAGES,
    **OPT_OUT_MESSAGES,
    **TEST_MAIL_MESSAGES,
    **FOLLOW_UP_MESSAGES,
    **QUEUE_MESSAGES,
    **PROCESS_MESSAGES,
}


class _BlankIfMissing(dict[str, str]):
    """Values of a problem. One stored by another version may lack a value: its place stays empty."""

    def __missing__(self, name: str) -> str:
        return ""


def template_for(problem: Problem) -> Message:
    """Returns the message of a problem with %(name)s placeholders; that of “unexpected” if unknown."""
    return MESSAGES.get(problem.code, MESSAGES["unexpected"])


def fill_in(text: str, problem: Problem) -> str:
    """Replaces the %(name)s placeholders of a text, translated or not, by the values of a problem."""
    return text % _BlankIfMissing(problem.values)


def message_for(problem: Problem) -> Message:
    """Returns the English message of a problem with its values filled in."""
    message = template_for(problem)
    return Message(
        text=fill_in(message.text, problem),
        remedy=fill_in(message.remedy, problem),
        link=message.link,
    )
