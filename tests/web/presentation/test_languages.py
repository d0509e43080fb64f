"""English and Dutch, complete; numbers and times as the language writes them."""

import re

import pytest
from babel.messages.pofile import read_po

from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.web.i18n import localizer_for_reader
from tests.support.browser import Browser
from tests.support.factories import REPORT, SENT_AT, create_mailing
from tests.web.presentation.screen_texts import ROOT, all_screen_texts

CATALOGUES = sorted((ROOT / "translations").glob("*.po"))
_VALUE = re.compile(r"%\(\w+\)s")


@pytest.fixture
def dutch(host: MemoryHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "locale", lambda: "nl", raising=False)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda p: p.stem)
def test_every_text_is_translated_and_nothing_else_is_kept(path: object) -> None:
    with open(str(path), "rb") as source:
        catalogue = read_po(source)
    known = {
        (m.id[0], m.id[1]) if isinstance(m.id, tuple) else m.id
        for m in catalogue
        if m.id and not m.fuzzy and all(m.string if isinstance(m.string, tuple) else (m.string,))
    }
    assert all_screen_texts() - known == set()
    assert known - all_screen_texts() == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda p: p.stem)
def test_translations_name_the_same_values(path: object) -> None:
    with open(str(path), "rb") as source:
        messages = [m for m in read_po(source) if m.id]
    for message in messages:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        for original, translated in zip(ids, said, strict=True):
            assert set(_VALUE.findall(original)) == set(_VALUE.findall(translated)), original


def test_dutch_is_catalogued() -> None:
    assert [path.stem for path in CATALOGUES] == ["nl"]


@pytest.mark.usefixtures("dutch")
def test_the_host_chooses_the_language(campaign: str, browser: Browser) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert {"Maken en versturen", "Maken en inplannen", "Vernieuwen"} <= page.buttons()
    assert "Naar 5 personen versturen?" in page.text


@pytest.mark.usefixtures("dutch")
def test_numbers_and_times_are_written_as_in_the_language(
    connected: Services, campaign: str, browser: Browser
) -> None:
    report = {**REPORT, "emails_sent": 12345}
    create_mailing(connected, campaign, "sent", report=report, sent_at=SENT_AT)
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text
    assert "12.345" in text
    assert "65,0 %" in text.replace("\xa0", " ")


def test_an_unknown_language_falls_back_to_english_wholly(
    services: Services, host: MemoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "locale", lambda: "xx-YY", raising=False)
    assert localizer_for_reader(services).language == "en"
    monkeypatch.setattr(host, "locale", lambda: "fr", raising=False)
    assert localizer_for_reader(services).language == "en", "dates would be French, words English"


def test_times_are_in_the_hosts_zone_across_daylight_saving(services: Services) -> None:
    localizer = localizer_for_reader(services)
    assert localizer.datetime(SENT_AT) == "20 Nov 2026, 09:00 CET"
    assert localizer.datetime(SENT_AT - 120 * 86400) == "23 Jul 2026, 10:00 CEST"
    assert localizer.relative_time(SENT_AT, SENT_AT + 5) == "just now"
    assert localizer.relative_time(SENT_AT, SENT_AT + 300) == "5 minutes ago"
    assert localizer.relative_time(SENT_AT + 86400 * 3, SENT_AT) == "in 3 days"
