"""Every language complete; languages of the Host; numbers and times as the language writes them."""

import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from cxmc_ext.config import read_settings
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.web.catalogs import check_languages, unknown_texts
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
def test_every_text_is_translated_and_nothing_else_is_kept(path: Path) -> None:
    """The failure lists the texts: add them to each catalogue in the order of the others."""
    with path.open("rb") as source:
        catalogue = read_po(source)
    known = {
        (m.id[0], m.id[1]) if isinstance(m.id, tuple) else m.id
        for m in catalogue
        if m.id and not m.fuzzy and all(m.string if isinstance(m.string, tuple) else (m.string,))
    }
    wanted = all_screen_texts()
    missing, unused = sorted(map(str, wanted - known)), sorted(map(str, known - wanted))
    assert not missing, "\n".join((f"{len(missing)} missing in {path.name}:", *missing))
    assert not unused, "\n".join((f"{len(unused)} no longer used in {path.name}:", *unused))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda p: p.stem)
def test_translations_name_the_same_values(path: Path) -> None:
    with path.open("rb") as source:
        messages = [m for m in read_po(source) if m.id]
    for message in messages:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        for original, translated in zip(ids, said, strict=True):
            assert set(_VALUE.findall(original)) == set(_VALUE.findall(translated)), original


def test_these_languages_are_catalogued() -> None:
    assert [path.stem for path in CATALOGUES] == ["de", "fr", "nl"]


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("de-AT", "Erstellen und senden"),
        ("fr", "Créer et envoyer"),
        ("nl_BE", "Maken en versturen"),
    ],
)
def test_a_page_is_in_the_language_of_its_reader(
    campaign: str, browser: Browser, host: MemoryHost, monkeypatch: pytest.MonkeyPatch,
    tag: str, text: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(host, "locale", lambda: Locale.parse(tag, "-_"["_" in tag]), raising=False)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert text in page.buttons()


def own_language(tmp_path: Path, services: Services, name: str, *lines: str) -> Services:
    """The services with one catalog of the Host."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    (tmp_path / f"{name}.po").write_text("\n".join((head, *lines)), encoding="utf-8")
    settings = replace(services.settings, translations=str(tmp_path), locale=name)
    return replace(services, settings=settings)


def test_the_host_adds_a_language_and_changes_words_of_ours(
    services: Services, tmp_path: Path
) -> None:
    words = ('msgid "Cancel"', 'msgstr "Avbryt"')
    swedish = own_language(tmp_path, services, "sv", *words)
    check_languages(swedish.settings)
    localizer = localizer_for_reader(swedish)
    assert (localizer.gettext("Cancel"), localizer.gettext("Subject")) == ("Avbryt", "Subject")
    dutch = own_language(tmp_path, services, "nl", 'msgid "Campaign"', 'msgstr "Mailing"')
    localizer = localizer_for_reader(dutch)
    assert (localizer.gettext("Campaign"), localizer.gettext("Subject")) == ("Mailing", "Onderwerp")


_MISTAKES = {
    "no catalog": ("pt", (), "CXMC_LOCALE is 'xx'.* one of de, en, fr, nl, pt"),
    "no language": ("swedish", (), "swedish.po is not named after a language"),
    "another value": (
        "sv",
        ('msgid "Connected to %(name)s"', 'msgstr "Ansluten till %(namn)s"'),
        r"'Connected to %\(name\)s' must have the same",
    ),
    "a lost value": (
        "sv",
        ('msgid "Connected to %(name)s"', 'msgstr "Ansluten till %s"'),
        r"'Connected to %\(name\)s' must have the same",
    ),
    "no catalog file": ("sv", ("Cancel: Avbryt",), "sv.po cannot be read"),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", _MISTAKES)
def test_a_mistake_in_a_catalog_stops_the_start(
    services: Services, tmp_path: Path, mistake: str
) -> None:
    name, lines, message = _MISTAKES[mistake]
    settings = own_language(tmp_path, services, name, *lines).settings
    with pytest.raises(SetupError, match=message):
        check_languages(replace(settings, locale="xx" if mistake == "no catalog" else "en"))


def test_a_translation_of_a_misspelled_text_is_found(services: Services, tmp_path: Path) -> None:
    plural = ('msgid "%(n)s person"', 'msgid_plural "%(n)s people"', 'msgstr[0] "%(n)s"')
    words = ('msgid "Control rom"', 'msgstr "Kontroll"', 'msgid "Cancel"', 'msgstr "Avbryt"')
    settings = own_language(tmp_path, services, "sv", *words, *plural).settings
    assert unknown_texts(settings.translations) == {"sv.po": ["Control rom"]}
    assert unknown_texts("") == {}


@pytest.mark.parametrize(
    ("language", "shown"), [("de", "MEZ"), ("nl", "CET"), ("fr", "CET"), ("en-GB", "CET")]
)
def test_the_time_zone_has_the_name_that_readers_know(
    services: Services, language: str, shown: str
) -> None:
    settings = replace(services.settings, locale=language)
    localizer = localizer_for_reader(replace(services, settings=settings))
    assert localizer.datetime(1_764_500_000).endswith(f" {shown}")
    in_utc = replace(localizer, zone=ZoneInfo("UTC"))
    assert in_utc.datetime(1_764_500_000).endswith(" UTC")


def test_a_missing_folder_and_a_wrong_setting_stop_the_start(services: Services) -> None:
    with pytest.raises(SetupError, match="CXMC_TRANSLATIONS is not a folder: /nowhere"):
        check_languages(replace(services.settings, translations="/nowhere"))
    for wrong in ("", "Dutch!", "../nl", "e", None):
        with pytest.raises(SetupError, match="CXMC_LOCALE must be a language"):
            read_settings({"CXMC_LOCALE": wrong})


@pytest.mark.usefixtures("dutch")
def test_the_host_chooses_the_language(campaign: str, browser: Browser) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert {"Maken en versturen", "Maken en inplannen", "Vernieuwen"} <= page.buttons()
    assert "5 ontvangen de mail" in page.text


@pytest.mark.usefixtures("dutch")
def test_numbers_and_times_are_written_as_in_the_language(
    connected: Services, campaign: str, browser: Browser
) -> None:
    report = {**REPORT, "emails_sent": 12345}
    create_mailing(connected, campaign, "sent", report=report, sent_at=SENT_AT)
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text
    assert "12.345" in text
    assert "65,0 %" in text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("language", "separator", "day"),
    [
        ("en", ",", "Mon 30 Nov 2026"),
        ("nl", ";", "ma 30 nov 2026"),
        ("de", ";", "Mo., 30. Nov. 2026"),
        ("fr", ";", "lun. 30 nov. 2026"),
    ],
)
def test_tables_and_days_of_the_week_are_written_as_in_the_language(
    campaign: str, browser: Browser, host: MemoryHost, services: Services,
    monkeypatch: pytest.MonkeyPatch, language: str, separator: str, day: str,
) -> None:  # fmt: skip
    """Excel puts a table with commas into one column where numbers have a decimal comma."""
    monkeypatch.setattr(host, "locale", lambda: language, raising=False)
    table = browser.get(f"/cxmc/campaigns/{campaign}/recipients.csv").get_data(as_text=True)
    assert table.splitlines()[0].count(separator) == 4
    assert localizer_for_reader(services).weekday_date(1796040000) == day


def test_an_unknown_language_falls_back_to_that_of_the_setting_wholly(
    services: Services, host: MemoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "locale", lambda: "xx-YY", raising=False)
    assert localizer_for_reader(services).language == "en"
    monkeypatch.setattr(host, "locale", lambda: "pt", raising=False)
    assert localizer_for_reader(services).language == "en", "dates would be Portuguese"
    dutch = replace(services, settings=replace(services.settings, locale="nl"))
    assert localizer_for_reader(dutch).language == "nl"


def test_times_are_in_the_hosts_zone_across_daylight_saving(services: Services) -> None:
    localizer = localizer_for_reader(services)
    assert localizer.datetime(SENT_AT) == "20 Nov 2026, 09:00 CET"
    assert localizer.datetime(SENT_AT - 120 * 86400) == "23 Jul 2026, 10:00 CEST"
    assert localizer.relative_time(SENT_AT, SENT_AT + 5) == "just now"
    assert localizer.relative_time(SENT_AT, SENT_AT + 300) == "5 minutes ago"
    assert localizer.relative_time(SENT_AT + 86400 * 3, SENT_AT) == "in 3 days"


# What a language writes otherwise than English: in French a no-break space stands at these signs.
_WRONG_SIGNS = {
    "de": re.compile(r"['\"]|^[^„]*“"),
    "fr": re.compile(r"['\"“”]|« |[^\u00a0]»|(?:[\w ][;!?]|[^\W\d]:| :)(?=\s|$)"),
}


@pytest.mark.parametrize("language", _WRONG_SIGNS)
def test_quotes_apostrophes_and_spaces_are_those_of_the_language(language: str) -> None:
    with (ROOT / "translations" / f"{language}.po").open("rb") as source:
        messages = [m for m in read_po(source) if m.id]
    texts = [
        text
        for message in messages
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
    ]
    assert [text for text in texts if _WRONG_SIGNS[language].search(text)] == []
