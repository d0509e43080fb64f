"""The language switch in the header, and the Dutch texts."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from host_app.dutch import DUTCH
from host_app.host import DemoHost
from tests.host_app.conftest import Browser
from tests.support.paths import ROOT

LogInAs = Callable[[str], Browser]
TAB = "/campaigns/5/mailchimp"


@pytest.mark.slow
@pytest.mark.usefixtures("activated")
def test_the_language_is_chosen_per_session(log_in_as: LogInAs) -> None:
    sanne, marjan = log_in_as("recruiter"), log_in_as("admin")
    page = sanne.get(TAB).text
    assert f'href="{TAB}?lang=nl"' in page
    assert "Vernieuwen" in sanne.get(f"{TAB}?lang=nl").text
    assert "Vernieuwen" in sanne.get(TAB).text
    assert f'href="{TAB}?lang=en"' in sanne.get(TAB).text
    assert "Vernieuwen" not in marjan.get(TAB).text
    assert "Vernieuwen" not in sanne.get(f"{TAB}?lang=en").text


@pytest.mark.usefixtures("activated")
def test_an_unknown_language_is_ignored(log_in_as: LogInAs) -> None:
    sanne = log_in_as("recruiter")
    sanne.get(f"{TAB}?lang=nl")
    assert "Vernieuwen" in sanne.get(f"{TAB}?lang=xx").text


def test_the_language_chosen_before_logging_in_is_kept(crm: Flask) -> None:
    browser = Browser(crm.test_client())
    browser.get("/login?lang=nl")
    browser.log_in("recruiter")
    assert "?lang=en" in browser.get("/candidates").text


def test_there_is_no_language_outside_a_request(demo_host: DemoHost) -> None:
    assert demo_host.locale() == ""


_TRANSLATED = re.compile(r"""\bt\(\s*"([^"]+)"\s*[,)]""")
# The same in English and Dutch.
_SAME = {"E-mail", "Mailings", "Status", "Tag", "Type"}


def test_every_text_of_the_crm_has_a_dutch_translation() -> None:
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("host_app/**/*.py")]
    texts = {
        text for path in sources for text in _TRANSLATED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(texts) > 100
    assert texts - set(DUTCH) - _SAME == set()


def test_dutch_texts_have_the_same_values() -> None:
    value = re.compile(r"%\(\w+\)s")
    for english, dutch in DUTCH.items():
        assert set(value.findall(english)) == set(value.findall(dutch)), english


@pytest.mark.slow
@pytest.mark.usefixtures("activated")
def test_the_pages_of_the_crm_are_translated(log_in_as: LogInAs) -> None:
    sanne = log_in_as("recruiter")
    page = sanne.get("/candidates?lang=nl").text
    assert '<html lang="nl">' in page
    for word in ("Kandidaten", "Uitloggen", "Beschikbaar", "Aan campagne toevoegen"):
        assert word in page
    assert "Log out" not in page
