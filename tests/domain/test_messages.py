"""Every problem that is raised anywhere has a message, and every message can be filled in."""

import re

from cxmc_ext.domain.messages import account as account_messages
from cxmc_ext.domain.messages import lookup
from cxmc_ext.domain.problems import Problem
from tests.support.paths import ROOT

USED = re.compile(r'(?:Problem|not_ready|attention|failed)\(\s*"([a-z_]+)"')


def used_codes() -> set[str]:
    sources = [
        *(ROOT / "cxmc_ext" / "usecases").rglob("*.py"),
        *(ROOT / "cxmc_ext" / "domain").rglob("*.py"),
    ]
    return {code for path in sources for code in USED.findall(path.read_text(encoding="utf-8"))}


def test_every_code_that_is_raised_has_a_message() -> None:
    assert len(used_codes()) > 50
    assert used_codes() - set(lookup.MESSAGES) == set()


def test_a_missing_value_does_not_break_the_page() -> None:
    for code in lookup.MESSAGES:
        message = lookup.message_for(Problem(code))
        assert message.text
        assert "%(" not in message.text + message.remedy


def test_an_unknown_code_has_a_general_message() -> None:
    assert lookup.message_for(Problem("never_heard_of")).text == "An unexpected error occurred."


def test_the_text_contains_the_values() -> None:
    message = lookup.message_for(Problem("key_role", values={"role": "viewer"}))
    assert "its user is viewer" in message.text


def test_the_required_texts_are_literal() -> None:
    assert account_messages.NO_TEMPLATES == (
        "Got empty templates list from MailChimp. Please make sure that you have user-created "
        "templates and try again."
    )
    assert account_messages.KEY_UPDATED == "Your MailChimp API key was updated"
    assert account_messages.ACTIVATED == (
        "MailChimp is activated. The feature will be available within 15 minutes."
    )
