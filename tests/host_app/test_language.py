"""The header's language switch: what the pages speak, the CRM's own and ours, for this reader only."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from host_app.dutch import DUTCH
from host_app.host import DemoHost
from tests.host_app.conftest import Browser
from tests.support.paths import ROOT

Browse = Callable[[str], Browser]
TAB = "/campaigns/5/mailchimp"


@pytest.mark.usefixtures("activated")
def test_the_link_in_the_header_changes_the_language_and_it_stays(browse: Browse) -> None:
    sanne, marjan = browse("recruiter"), browse("admin")
    page = sanne.get(TAB).text
    assert f'href="{TAB}?lang=nl"' in page
    assert "Vernieuwen" in sanne.get(f"{TAB}?lang=nl").text
    assert "Vernieuwen" in sanne.get(TAB).text
    assert f'href="{TAB}?lang=en"' in sanne.get(TAB).text
    assert "Vernieuwen" not in marjan.get(TAB).text
    assert "Vernieuwen" not in sanne.get(f"{TAB}?lang=en").text


@pytest.mark.usefixtures("activated")
def test_a_language_nobody_offers_changes_nothing(browse: Browse) -> None:
    sanne = browse("recruiter")
    sanne.get(f"{TAB}?lang=nl")
    assert "Vernieuwen" in sanne.get(f"{TAB}?lang=xx").text


def test_the_language_chosen_before_logging_in_is_kept(crm: Flask) -> None:
    browser = Browser(crm.test_client())
    browser.get("/login?lang=nl")
    browser.log_in("recruiter")
    assert "?lang=en" in browser.get("/candidates").text


def test_where_nobody_reads_there_is_no_language(in_crm: DemoHost) -> None:
    assert in_crm.locale() == ""


_SAID = re.compile(r"""\bt\(\s*"([^"]+)"\s*[,)]""")
_SAME = {"E-mail", "Mailings", "Status", "Tag", "Type"}
"""English and Dutch alike."""


def test_every_text_of_the_crm_has_its_dutch() -> None:
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("host_app/**/*.py")]
    said = {text for path in sources for text in _SAID.findall(path.read_text(encoding="utf-8"))}
    assert len(said) > 100
    assert said - set(DUTCH) - _SAME == set()


def test_dutch_names_the_same_values() -> None:
    value = re.compile(r"%\(\w+\)s")
    for english, dutch in DUTCH.items():
        assert set(value.findall(english)) == set(value.findall(dutch)), english


@pytest.mark.usefixtures("activated")
def test_the_crms_own_pages_are_dutch_too(browse: Browse) -> None:
    sanne = browse("recruiter")
    page = sanne.get("/candidates?lang=nl").text
    assert '<html lang="nl">' in page
    for word in ("Kandidaten", "Uitloggen", "Beschikbaar", "Aan campagne toevoegen"):
        assert word in page
    assert "Log out" not in page
