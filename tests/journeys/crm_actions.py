"""What a person does in the demo CRM, found by the texts on the screen."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys.crm_database import campaign_state, is_syncing, last_sync
from tests.support.waiting import wait_until


def new_campaign(page: Page, title: str) -> str:
    """Creates a MailChimp campaign; returns its id."""
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Type campaign").select_option("MailChimp")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+"))
    found = re.search(r"/campaigns/(\d+)", page.url)
    assert found, page.url
    return found[1]


def add_people(page: Page, menu: str, names: Sequence[str], campaign: str) -> None:
    """Searches and selects each of these people in a list and adds them to the campaign."""
    for name in names:
        open_list(page, menu)
        page.get_by_role("searchbox").fill(name)
        with page.expect_navigation():
            page.get_by_role("searchbox").press("Enter")
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).first.check()
        add_selected(page, campaign)


def open_list(page: Page, menu: str) -> None:
    """Opens a list and waits for its script, which selects a whole page at once."""
    page.get_by_role("link", name=menu, exact=True).click()
    page.wait_for_url(re.compile(rf"/{menu.lower()}\b"))


def add_selected(page: Page, campaign: str) -> None:
    page.get_by_text("Action", exact=True).click()
    page.get_by_role("button", name="Add to campaign").or_(
        page.get_by_role("menuitem", name="Add to campaign")
    ).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Campaign").select_option(label=campaign)
    dialog.get_by_role("button", name="Add to campaign").click()
    expect(page.get_by_role("status").first).to_contain_text("added")


def open_tab(page: Page, campaign_id: str) -> None:
    """Opens the tab with its scripts: without them a button submits a form instead of opening a dialog."""
    page.goto(f"/campaigns/{campaign_id}")
    page.get_by_role("tab", name="MailChimp").click()
    page.wait_for_url("**/mailchimp")


def fill_form(page: Page, template: str, from_email: str = "rosa@cedarstaffing.example") -> None:
    page.get_by_label("From name").fill("Rosa van Dijk")
    page.get_by_label("From email").fill(from_email)
    choice = page.get_by_role("combobox", name="Template")
    option = choice.locator("option", has_text=template).first
    choice.select_option(value=option.get_attribute("value"))


def add_candidates(page: Page, names: Sequence[str], title: str) -> str:
    """Creates a campaign for these candidates and opens its tab, with the form filled in; returns its id."""
    campaign = new_campaign(page, title)
    add_people(page, "Candidates", names, title)
    open_tab(page, campaign)
    fill_form(page, "Support")
    return campaign


def send_now(page: Page) -> None:
    """Presses “Create and send”, and the button of the question."""
    page.get_by_role("button", name="Create and send").click()
    page.get_by_role("dialog").get_by_role("button", name="Send now").click()


def wait_until_sent(page: Page, folder: Path, campaign_id: str) -> None:
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    wait_until(lambda: campaign_state(folder, campaign_id) == "sent", 60, "the campaign is sent")


def mail_candidates(page: Page, folder: Path, names: Sequence[str], title: str) -> str:
    """Sends a campaign to these candidates; returns its id when it is sent."""
    campaign = add_candidates(page, names, title)
    send_now(page)
    wait_until_sent(page, folder, campaign)
    return campaign


def update_now(page: Page, campaign_id: str, folder: Path) -> None:
    """Presses “Update now” and waits until a sync turn has ended that started after this call.

    A turn that runs already may have read before what happened last, and is waited for first.
    """
    wait_until(lambda: not is_syncing(folder), 60, "no update is running")
    started = int(time.time()) + 1
    wait_until(lambda: time.time() >= started)
    open_tab(page, campaign_id)
    page.get_by_role("button", name="Update now").click()
    wait_until(lambda: last_sync(folder, campaign_id) >= started, 60, "the update has run")


def follow_link(page: Page, link: Locator) -> str:
    """Clicks the link; returns the text of the page it leads to."""
    with page.expect_navigation():
        link.click()
    return page.get_by_role("main").inner_text()
