"""The form saves itself: what was typed is there again, and no window overwrites another unnoticed."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser, Page

FIELDS = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
}
AUTOMATIC = {"automatic": "yes"}
NEXT_MONTH = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011
WINDOW, OTHER_WINDOW = "a" * 24, "b" * 24


def at(campaign: str, action: str = "") -> str:
    return f"/cxmc/campaigns/{campaign}{action}"


def open_form(browser: Browser, campaign: str) -> Page:
    return browser.open_page(at(campaign))


def subject_of(browser: Browser, campaign: str) -> str:
    return open_form(browser, campaign).field("subject")["value"]


def mailing_of(services: Services) -> Mailing:
    session = services.session()
    session.expire_all()
    return session.scalars(select(Mailing)).one()


def save(browser: Browser, campaign: str, status: int = 200, **form: str) -> Page:
    return browser.submit(at(campaign, "/draft"), status, **{**FIELDS, **AUTOMATIC, **form})


def test_what_is_typed_is_saved_and_shown_again(campaign: str, browser: Browser) -> None:
    saved = save(browser, campaign, subject="Half a sub", date="2020-01-01", time="10:15")
    assert saved.text.startswith("Draft saved ")
    assert saved.field("draft_version")["value"] == "1"
    form = open_form(browser, campaign)
    assert form.field("subject")["value"] == "Half a sub"
    assert form.field("draft_version")["value"] == "1"
    assert form.field("date")["value"] == "2020-01-01"
    assert "<option selected>10:15</option>" in form.html
    assert "Draft saved " in form.text


def test_a_time_that_has_passed_since_is_replaced(
    connected: Services, campaign: str, browser: Browser
) -> None:
    save(browser, campaign, subject="Old", date="2020-01-01", time="10:15")
    mailing = mailing_of(connected)
    mailing.form_draft = {**mailing.form_draft, "saved_at": 1_577_700_000}
    connected.session().commit()
    form = open_form(browser, campaign)
    assert form.field("subject")["value"] == "Old"
    assert form.field("date")["value"] > "2020-01-01"


def test_incomplete_and_wrong_values_are_saved_too(campaign: str, browser: Browser) -> None:
    save(
        browser, campaign, subject="", from_email="rosa@", template_id="x", test_to="chef@x.example"
    )
    form = open_form(browser, campaign)
    assert form.field("subject")["value"] == ""
    assert form.field("from_email")["value"] == "rosa@"
    assert form.field("test_to")["value"] == "chef@x.example"


def test_another_user_sees_the_draft_and_whose_it_is_but_not_the_test_addresses(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    save(browser, campaign, subject="Typed by one", test_to="chef@x.example")
    host.login("admin")
    form = open_form(browser, campaign)
    assert form.field("subject")["value"] == "Typed by one"
    assert form.field("test_to")["value"] != "chef@x.example"
    assert "by Rosa Recruiter" in form.text


def test_a_second_window_is_told_and_loses_nothing(
    connected: Services, campaign: str, browser: Browser
) -> None:
    save(browser, campaign, subject="First window", nonce=WINDOW, draft_version="0")
    refused = save(
        browser, campaign, 422, subject="Second window", nonce=OTHER_WINDOW, draft_version="0"
    )
    assert "You changed this form at" in refused.text
    assert "What you typed here is not saved." in refused.text
    assert {"Open the saved version", "Keep what is typed here"} <= refused.buttons()
    assert refused.field("draft_version")["value"] == "0", "the next save is refused as well"
    assert subject_of(browser, campaign) == "First window"
    save(browser, campaign, subject="First window, more", nonce=WINDOW, draft_version="0")
    kept = browser.submit(
        at(campaign, "/draft"), **{**FIELDS, "subject": "Second window", "keep": "yes"}
    )
    assert kept.field("subject")["value"] == "Second window"
    assert subject_of(browser, campaign) == "Second window"


def test_the_name_of_another_user_is_told(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    save(browser, campaign, subject="By the administrator", nonce=WINDOW, draft_version="0")
    host.login("recruiter")
    refused = save(browser, campaign, 422, nonce=OTHER_WINDOW, draft_version="0")
    assert "Admin" in refused.text
    assert "changed this form at" in refused.text


def test_every_press_of_a_stale_window_keeps_its_text_and_does_nothing(
    connected: Services, campaign: str, browser: Browser
) -> None:
    save(browser, campaign, subject="First window", nonce=WINDOW, draft_version="0")
    stale: dict[str, Any] = {
        **FIELDS,
        "subject": "Second window",
        "nonce": OTHER_WINDOW,
        "draft_version": "0",
        "test_to": "chef@x.example",
    }
    for action in ("/send", "/schedule", "/preview", "/test-mail"):
        page = browser.submit(at(campaign, action), 422, **stale, date=NEXT_MONTH, time="09:00")
        assert page.field("subject")["value"] == "Second window"
        assert page.field("draft_version")["value"] == "0"
        assert "You changed this form at" in page.text
    assert mailing_of(connected).form_draft["values"]["subject"] == "First window"


def test_the_same_text_in_two_windows_is_no_difference(campaign: str, browser: Browser) -> None:
    save(browser, campaign, nonce=WINDOW, draft_version="0")
    assert "Draft saved" in save(browser, campaign, nonce=OTHER_WINDOW, draft_version="0").text


def test_presses_save_without_javascript_even_if_they_are_refused(
    campaign: str, browser_without_js: Browser
) -> None:
    for action in ("/send", "/schedule", "/preview", "/test-mail"):
        typed = {**FIELDS, "subject": f"Before {action}", "template_id": ""}
        browser_without_js.submit(at(campaign, action), 422, **typed)
        assert subject_of(browser_without_js, campaign) == f"Before {action}"


def test_the_preview_shows_the_draft_and_leads_back_to_it(campaign: str, browser: Browser) -> None:
    typed = {**FIELDS, "subject": "For *|FNAME|*", "date": NEXT_MONTH, "time": "09:15"}
    browser.submit(at(campaign, "/preview"), **typed)
    form = open_form(browser, campaign)
    assert form.field("subject")["value"] == "For *|FNAME|*"
    assert form.field("date")["value"] == NEXT_MONTH


def test_a_sent_campaign_has_no_draft_and_a_late_save_says_why(
    connected: Services, campaign: str, browser: Browser
) -> None:
    save(browser, campaign, subject="Typed", nonce=WINDOW)
    browser.submit(at(campaign, "/send"), **FIELDS, confirmed="yes")
    assert mailing_of(connected).form_draft == {}
    late = save(browser, campaign, 409, subject="Typed on", nonce=WINDOW, draft_version="1")
    assert "A MailChimp campaign already exists for this campaign." in late.text


def test_a_press_that_the_state_refuses_keeps_what_was_typed(
    connected: Services, campaign: str, browser: Browser
) -> None:
    """For example while another operation of the same kind is in progress."""
    nonce = open_form(browser, campaign).field("nonce")["value"]
    browser.submit(at(campaign, "/test-mail"), **FIELDS, test_to="a@x.example", nonce=nonce)
    page = browser.submit(
        at(campaign, "/preview"), 422, **{**FIELDS, "subject": "Typed on", "template_id": "666"}
    )
    assert page.field("subject")["value"] == "Typed on"


def test_who_may_not_send_saves_nothing(campaign: str, browser: Browser, host: MemoryHost) -> None:
    host.login("intern")
    browser.submit(at(campaign, "/draft"), 404, **FIELDS, **AUTOMATIC)


def test_logged_out_without_javascript_the_form_is_carried_through_the_login(
    campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    host.login(None)
    typed = {**FIELDS, "subject": "Typed while logged out", "confirmed": "yes"}
    page = browser_without_js.submit(at(campaign, "/send"), 401, **typed)
    assert "You are logged out. Not sent." in page.text
    assert "Log in" in page.buttons()
    fields = {a["name"]: a["value"] for a in page.elements("input")}
    assert "confirmed" not in fields
    assert "csrf_token" not in fields
    action = page.elements("form")[0]["action"]
    host.login("recruiter")
    again = Page(browser_without_js.client.post(action, data=fields).get_data(as_text=True))
    assert "you have logged in again since" in again.text
    fields = {a["name"]: a["value"] for a in again.elements("input")}
    assert fields["csrf_token"]
    answer = browser_without_js.client.post(action, data=fields)
    assert answer.status_code == 303
    assert subject_of(browser_without_js, campaign) == "Typed while logged out"


def test_a_form_of_another_site_is_not_carried_through_the_login(
    campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    answer = browser_without_js.client.post(
        at(campaign, "/send"), data=FIELDS, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "Nieuwe vacatures" not in answer.get_data(as_text=True)
