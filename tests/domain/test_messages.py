"""Every reason that is used anywhere has words, and every word can be filled in."""

import re

from cxmc_ext.domain.messages import account as account_messages
from cxmc_ext.domain.messages import lookup
from cxmc_ext.domain.problems import Problem
from tests.support.paths import ROOT

USED = re.compile(r'(?:Why|not_ready|attention|failed)\(\s*"([a-z_]+)"')


def used_codes() -> set[str]:
    sources = [*ROOT.glob("cxmc_ext/usecases/*.py"), *ROOT.glob("cxmc_ext/domain/**/*.py")]
    return {code for path in sources for code in USED.findall(path.read_text(encoding="utf-8"))}


def test_every_code_that_is_raised_has_words() -> None:
    assert used_codes() - set(lookup.MESSAGES) == set()


def test_a_missing_value_does_not_break_the_page() -> None:
    for code in lookup.MESSAGES:
        told = lookup.message_for(Problem(code))
        assert told.text
        assert "%(" not in told.text + told.remedy


def test_an_unknown_code_still_says_something() -> None:
    assert lookup.message_for(Problem("never_heard_of")).text == "An unexpected error occurred."


def test_values_stand_in_the_sentence() -> None:
    told = lookup.message_for(Problem("key_role", values={"role": "viewer"}))
    assert "its user is viewer" in told.text


def test_the_literal_words_of_the_seed_are_here() -> None:
    assert account_messages.NO_TEMPLATES == (
        "Got empty templates list from MailChimp. Please make sure that you have user-created "
        "templates and try again."
    )
    assert account_messages.KEY_UPDATED == "Your MailChimp API key was updated"
    assert account_messages.ACTIVATED == (
        "MailChimp is activated. The feature will be available within 15 minutes."
    )
