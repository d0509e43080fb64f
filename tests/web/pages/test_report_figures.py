"""The figures of the report agree with each other."""

from typing import Any

import pytest

from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser
from tests.support.factories import REPORT, SENT_AT, create_mailing


def test_the_report_says_why_more_people_left_than_unsubscribed(
    connected: Services, campaign: str, browser: Browser
) -> None:
    counts = {"reason": {}, "status": {"unsubscribed": 3}, "events": {"complained": 1}}
    reported = {"unsubscribed": 2, "abuse_reports": 1}
    create_mailing(
        connected, campaign, "sent", report={**REPORT, **reported}, sent_at=SENT_AT, counts=counts
    )
    path, label = f"/cxmc/campaigns/{campaign}", "Unsubscribed, with 1 complaint 3"
    text = browser.open_page(path).text
    assert "Unsubscribed 2 and 1 complaint" in text
    assert label in text
    assert label in browser.open_page(f"{path}/recipients").text


def test_what_people_did_is_a_share_of_the_mails_delivered(
    connected: Services, campaign: str, browser: Browser
) -> None:
    """As MailChimp's own rates of opens and clicks are."""
    totals = {
        "emails_sent": 12,
        "unsubscribed": 2,
        "abuse_reports": 1,
        "bounces": {"hard_bounces": 1, "soft_bounces": 1},
    }
    create_mailing(connected, campaign, "sent", report={**REPORT, **totals}, sent_at=SENT_AT)
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text.replace("\xa0", " ")
    assert "Delivered 10 (83.3 %) Unsubscribed 20.0 % Complaints 10.0 %" in text
    assert "Hard bounces 8.3 %" in text


# The words after each count, for one person and for several.
_COUNTED = {
    "en": ("1 of 12 opened it, 2 clicked.", "2 of 12 opened it, 1 clicked.", "1 hard, 2 soft"),
    "de": (
        "1 von 12 hat die E-Mail geöffnet, 2 haben geklickt.",
        "2 von 12 haben die E-Mail geöffnet, 1 hat geklickt.",
        "1 hart, 2 weich",
    ),
    "fr": (
        "1 sur 12 l’a ouvert, 2 ont cliqué.",
        "2 sur 12 l’ont ouvert, 1 a cliqué.",
        "1 définitif, 2 temporaires",
    ),
    "nl": (
        "1 van de 12 opende de mail, 2 klikten.",
        "2 van de 12 openden de mail, 1 klikte.",
        "1 hard, 2 soft",
    ),
}


def _totals(opened: int, clicked: int) -> dict[str, Any]:
    return {
        "emails_sent": 12,
        "opens": {"unique_opens": opened},
        "clicks": {"unique_clicks": clicked, "unique_subscriber_clicks": clicked},
        "bounces": {"hard_bounces": opened, "soft_bounces": clicked},
    }


@pytest.mark.parametrize("language", _COUNTED)
def test_the_words_agree_with_each_count(
    connected: Services,
    host: MemoryHost,
    campaign: str,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    monkeypatch.setattr(host, "locale", lambda: language, raising=False)
    other = host.add_campaign()
    for ref, totals in ((campaign, _totals(1, 2)), (other, _totals(2, 1))):
        create_mailing(connected, ref, "sent", report=REPORT | totals, sent_at=SENT_AT)
    one_opened, one_clicked, bounces = _COUNTED[language]
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text
    assert one_opened in text
    assert bounces in text
    assert one_clicked in browser.open_page(f"/cxmc/campaigns/{other}").text


def test_a_count_that_cannot_be_read_is_a_dash_in_every_language(
    connected: Services,
    host: MemoryHost,
    campaign: str,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host, "locale", lambda: "fr", raising=False)
    unreadable = {
        "bounces": {"hard_bounces": "few", "soft_bounces": 1},
        "opens": {"opens_total": ""},
    }
    create_mailing(connected, campaign, "sent", report=REPORT | unreadable, sent_at=SENT_AT)
    assert "– définitifs, 1 temporaire" in browser.open_page(f"/cxmc/campaigns/{campaign}").text
