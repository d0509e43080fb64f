"""“Check again” may end with a sent mail, so it says so and asks first."""

from cxmc_ext.services import Services
from tests.support.browser import Browser
from tests.support.factories import create_mailing
from tests.web.pages.test_tab_actions import YES, at, operations

_NOT_READY = {"subject": "Nieuwe vacatures", "people_count": 4, "mailable_count": 3, "counts": {}}


def test_check_again_asks_before_anything_may_be_sent(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "not_ready", **_NOT_READY)
    page = browser.submit(at(campaign, "check"))
    assert "Check again, and send it if nothing is missing?" in page.text
    assert "It is sent right away and cannot be taken back." in page.text
    assert "Nieuwe vacatures" in page.text
    assert "3 people" in page.text
    assert operations(connected) == []
    browser.submit(at(campaign, "check"), **YES)
    assert [one.kind for one in operations(connected)] == ["check"]


def test_the_dialog_of_the_panel_asks_the_same(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "not_ready", **_NOT_READY)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    button = next(a for a in page.elements("button") if a.get("id") == "cxmc-check")
    assert button["data-cxmc-confirm"] == "cxmc-confirm-check"
    assert "Check again, and send it if nothing is missing?" in page.text


def test_for_a_scheduled_time_the_question_names_day_and_zone(
    connected: Services, campaign: str, browser: Browser
) -> None:
    schedule_at = 1_795_680_000  # Thursday 26 November 2026, 09:00 in Amsterdam
    create_mailing(connected, campaign, "not_ready", schedule_at=schedule_at, **_NOT_READY)
    page = browser.submit(at(campaign, "check"))
    assert "Check again, and schedule it if nothing is missing?" in page.text
    assert "Thu 26 Nov 2026, " in page.text
    assert " CET" in page.text
    assert operations(connected) == []
