"""The main job in a browser that runs no script: every press is a form, every answer a page."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from cxmc_ext.standin import DEMO_KEY
from tests.journeys.crm_actions import add_selected, fill_form, new_campaign, open_tab
from tests.journeys.crm_database import expected_addresses
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

SignIn = Callable[..., Page]
TITLE = "Alles zonder script"


def test_every_step_of_the_main_job_is_a_plain_form(sign_in: SignIn, demo: DemoProcess) -> None:
    admin = sign_in("admin", java_script_enabled=False)
    _activate(admin)
    _connect(admin)
    page = sign_in("recruiter", java_script_enabled=False)
    campaign = new_campaign(page, TITLE)
    _add_all_found(page)
    open_tab(page, campaign)
    _schedule_and_take_back(page)
    _send(page)
    wanted, unwanted = expected_addresses(demo.folder, campaign)
    assert unwanted
    mails = wait_until(lambda: _mails(demo), 20, "the mails")
    assert sorted(mails) == sorted(wanted)
    _update(page)
    _table_names_everybody(page, campaign, len(wanted))


def _activate(page: Page) -> None:
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("button", name="Activate", exact=True).click()
    toast = "MailChimp is activated. The feature will be available within 15 minutes."
    expect(page.get_by_text(toast)).to_be_visible()
    expect(page.get_by_text("Active", exact=True)).to_be_visible(timeout=20_000)


def _connect(page: Page) -> None:
    page.goto("/campaigns/5/mailchimp")
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_label("API key").fill("no key")
    page.get_by_role("button", name="Initialize").click()
    expect(page.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("API key").fill(DEMO_KEY)
    page.get_by_role("button", name="Initialize").click()
    expect(page.get_by_text("Your MailChimp API key was updated")).to_be_visible(timeout=20_000)


def _add_all_found(page: Page) -> None:
    page.get_by_role("link", name="Candidates", exact=True).click()
    page.get_by_role("searchbox").fill("utrecht")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("checkbox", name="Select").nth(1).check()
    page.get_by_role("link", name="Candidates", exact=True).click()
    add_selected(page, TITLE)


def _schedule_and_take_back(page: Page) -> None:
    fill_form(page, "Support")
    day = datetime.now(UTC) + timedelta(days=40)
    page.get_by_label("Date").fill(day.date().isoformat())
    page.get_by_label("Time").select_option("09:30")
    page.get_by_role("button", name="Create and schedule").click()
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_text("Scheduled for").first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Unschedule").click()
    page.get_by_role("button", name="Yes, unschedule").click()
    expect(page.get_by_role("button", name="Create and send")).to_be_visible(timeout=30_000)


def _send(page: Page) -> None:
    page.get_by_role("button", name="Create and send").click()
    expect(page.get_by_role("heading", name="people?")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    fill_form(page, "Support")
    page.get_by_role("button", name="Create and send").click()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)


def _update(page: Page) -> None:
    page.get_by_role("button", name="Update now").click()
    expect(page.get_by_text("Last update")).to_be_visible(timeout=30_000)


def _table_names_everybody(page: Page, campaign: str, receivers: int) -> None:
    answer = page.request.get(f"/cxmc/campaigns/{campaign}/recipients.csv?reason=none")
    assert answer.ok
    lines = list(csv.reader(io.StringIO(answer.text())))
    assert len(lines) - 1 == receivers


def _mails(demo: DemoProcess) -> list[str]:
    return [m["address"].lower() for m in demo.outbox() if m["subject"] == TITLE]
