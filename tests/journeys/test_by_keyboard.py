"""The main job without a mouse: the focus goes where the change is, and each change is said once."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from cxmc_ext.standin import DEMO_KEY
from tests.journeys.conftest import Demo
from tests.journeys.keys import Keys
from tests.journeys.truth import reachable
from tests.journeys.waiting import until

SignIn = Callable[..., Page]
TITLE = "Met het toetsenbord"


def test_the_main_job_by_keyboard_alone(sign_in: SignIn, demo: Demo) -> None:
    _activate(sign_in("admin"))
    _connect(sign_in("admin"))
    page = sign_in("recruiter")
    campaign = _new_campaign(page)
    _add_a_page_of_people(page)
    page.goto(f"/campaigns/{campaign}")
    keys = Keys(page)
    keys.enter("MailChimp")
    page.wait_for_url("**/mailchimp")
    keys.write("From email", "rosa@cedarstaffing.example")
    keys.write("Template", "Support")
    _leave_the_question_once(page, keys)
    keys.listen()
    keys.press("Enter")
    keys.enter("Send now")
    keys.focus_is_on("Pending action...")
    keys.focus_is_on("Reports for Campaign")
    told = keys.said()
    assert told.count("The campaign was sent") == 1, told
    assert len(told) == len(set(told)), "each thing is said once"
    wanted, _ = reachable(demo.folder, campaign)
    mails = until(lambda: _mails(demo), 20, "the mails")
    assert sorted(mails) == sorted(wanted)


def _activate(page: Page) -> None:
    keys = Keys(page)
    keys.enter("Settings")
    page.wait_for_url("**/settings")
    keys.listen()
    keys.enter("Activate")
    expect(page.get_by_role("region", name="MailChimp")).to_contain_text("Active", timeout=20_000)
    told = [text for text in keys.said() if "15 minutes" in text]
    assert len(told) == 1, told
    expect(page.get_by_role("heading", name="MailChimp")).to_be_focused()


def _connect(page: Page) -> None:
    keys = Keys(page)
    page.goto("/campaigns/5/mailchimp")
    keys.enter("Settings", "BUTTON")
    expect(page.get_by_label("API key")).to_be_visible()
    keys.write("API key", DEMO_KEY)
    keys.press("Enter")
    expect(page.get_by_text("Your MailChimp API key was updated")).to_be_visible(timeout=20_000)


def _new_campaign(page: Page) -> str:
    keys = Keys(page)
    keys.enter("Campaigns")
    page.wait_for_url("**/campaigns")
    keys.enter("New")
    page.wait_for_url("**/new")
    keys.write("Title", TITLE)
    keys.write("Type campaign", "MailChimp")
    keys.enter("Save")
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    return page.url.rpartition("/")[2]


def _add_a_page_of_people(page: Page) -> None:
    page.goto("/candidates")
    keys = Keys(page)
    keys.to("Select this page")
    keys.press("Space")
    page.evaluate("scrollTo(0, 0)")
    for _ in range(20):
        keys.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "action":
            break
    keys.press("Enter")
    keys.enter("Add to campaign")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.write("Campaign", TITLE)
    keys.enter("Add to campaign")
    expect(page.get_by_role("status").first).to_contain_text("added")


def _leave_the_question_once(page: Page, keys: Keys) -> None:
    """Escape takes nothing and puts the focus back where it was."""
    keys.enter("Create and send")
    expect(page.get_by_role("dialog")).to_contain_text("people?")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Create and send")).to_be_focused()


def _mails(demo: Demo) -> list[str]:
    return [m["address"].lower() for m in demo.journal() if m["subject"] == TITLE]
