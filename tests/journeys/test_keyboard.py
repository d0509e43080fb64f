"""The main job without a mouse: the focus goes where the change is, and each change is said once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cxmc_ext.standin import DEMO_KEY
from tests.journeys.crm_database import expected_addresses
from tests.journeys.keyboard import Keyboard
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

SignIn = Callable[..., Page]
TITLE = "Met het toetsenbord"


def test_the_main_job_by_keyboard_alone(sign_in: SignIn, demo: DemoProcess) -> None:
    _activate(sign_in("admin"))
    _connect(sign_in("admin"))
    page = sign_in("recruiter")
    campaign = _new_campaign(page)
    _add_a_page_of_people(page)
    page.goto(f"/campaigns/{campaign}")
    keys = Keyboard(page)
    keys.activate("MailChimp")
    page.wait_for_url("**/mailchimp")
    keys.fill("From email", "rosa@cedarstaffing.example")
    keys.fill("Template", "Support")
    _leave_the_question_once(page, keys)
    keys.record_announcements()
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("people?")
    keys.activate("Send now")
    keys.expect_focus_on("Pending action...")
    keys.expect_focus_on("Reports for Campaign")
    told = keys.announcements()
    assert told.count("The campaign was sent") == 1, told
    assert len(told) == len(set(told)), "each thing is said once"
    wanted, _ = expected_addresses(demo.folder, campaign)
    mails = wait_until(lambda: _mails(demo), 20, "the mails")
    assert sorted(mails) == sorted(wanted)


def _activate(page: Page) -> None:
    keys = Keyboard(page)
    keys.activate("Settings")
    page.wait_for_url("**/settings")
    keys.record_announcements()
    keys.activate("Activate")
    expect(page.get_by_role("region", name="MailChimp")).to_contain_text("Active", timeout=20_000)
    told = [text for text in keys.announcements() if "15 minutes" in text]
    assert len(told) == 1, told
    expect(page.get_by_role("heading", name="MailChimp")).to_be_focused()


def _connect(page: Page) -> None:
    keys = Keyboard(page)
    page.goto("/campaigns/5/mailchimp")
    keys.activate("Settings", "BUTTON")
    expect(page.get_by_label("API key")).to_be_visible()
    keys.fill("API key", DEMO_KEY)
    keys.press("Enter")
    expect(page.get_by_text("Your MailChimp API key was updated")).to_be_visible(timeout=20_000)


def _new_campaign(page: Page) -> str:
    keys = Keyboard(page)
    keys.activate("Campaigns")
    page.wait_for_url("**/campaigns")
    keys.activate("New")
    page.wait_for_url("**/new")
    keys.fill("Title", TITLE)
    keys.fill("Type campaign", "MailChimp")
    keys.activate("Save")
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    return page.url.rpartition("/")[2]


def _add_a_page_of_people(page: Page) -> None:
    page.goto("/candidates")
    keys = Keyboard(page)
    keys.focus("Select this page")
    keys.press("Space")
    page.evaluate("scrollTo(0, 0)")
    for _ in range(20):
        keys.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "action":
            break
    keys.press("Enter")
    keys.activate("Add to campaign")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.fill("Campaign", TITLE)
    keys.activate("Add to campaign")
    expect(page.get_by_role("status").first).to_contain_text("added")


def _leave_the_question_once(page: Page, keys: Keyboard) -> None:
    """Escape takes nothing and puts the focus back where it was."""
    keys.activate("Create and send")
    expect(page.get_by_role("dialog")).to_contain_text("people?")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Create and send")).to_be_focused()


def _mails(demo: DemoProcess) -> list[str]:
    return [m["address"].lower() for m in demo.outbox() if m["subject"] == TITLE]
