"""Beside the main road: schedule, not ready, no rights, no script, and a worker that dies in the middle."""

import os
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.journeys.crm_actions import (
    add_selected,
    fill_form,
    new_campaign,
    open_list,
    open_tab,
    send_now,
)
from tests.journeys.crm_database import expected_addresses
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("connected")]

SignIn = Callable[..., Page]


def campaign_with_people(page: Page, title: str) -> str:
    campaign = new_campaign(page, title)
    open_list(page, "Candidates")
    page.get_by_role("checkbox", name="Select this page").check()
    add_selected(page, title)
    return campaign


def filled_campaign(page: Page, title: str, **form: str) -> str:
    campaign = campaign_with_people(page, title)
    open_tab(page, campaign)
    fill_form(page, "Support", **form)
    return campaign


def mails_of(demo: DemoProcess, subject: str) -> list[str]:
    return sorted(mail["address"].lower() for mail in demo.outbox(subject))


def test_a_scheduled_campaign_says_when_and_can_be_taken_off(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    page = sign_in("recruiter")
    campaign = filled_campaign(page, "Gepland")
    day = datetime.now(UTC) + timedelta(days=60)
    page.get_by_label("Date").fill(day.date().isoformat())
    page.get_by_label("Time").select_option("10:15")
    page.get_by_role("button", name="Create and schedule").click()
    page.get_by_role("dialog").get_by_role("button", name="Schedule it").click()
    planned = re.compile(rf"Scheduled for .*{day.day} {day:%b} {day.year}.*10:15")
    expect(page.get_by_text(planned).first).to_be_visible(timeout=30_000)
    page.reload()
    page.get_by_role("button", name="Unschedule").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, unschedule").click()
    expect(page.get_by_role("button", name="Create and send")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Unscheduled. Nothing will be sent.")).to_be_visible()
    assert mails_of(demo, "Gepland") == []
    open_tab(page, campaign)
    expect(page.get_by_label("Subject")).to_have_value("Gepland")


def test_a_time_in_the_past_is_refused_and_keeps_what_was_typed(sign_in: SignIn) -> None:
    page = sign_in("recruiter")
    filled_campaign(page, "Te laat")
    page.get_by_label("Subject").fill("Te laat, helaas")
    page.get_by_label("Date").fill("2020-01-01")
    page.get_by_role("button", name="Create and schedule").click()
    expect(page.get_by_label("Date")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Subject")).to_have_value("Te laat, helaas")
    page.get_by_label("Date").fill("2099-01-01")
    expect(page.get_by_label("Date")).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#cxmc-date-error")).to_have_count(0)


def test_an_unverified_domain_is_not_ready_then_deleted_and_started_over(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    page = sign_in("recruiter")
    filled_campaign(page, "Niet klaar", from_email="rosa@nieuwedomein.example")
    send_now(page)
    expect(page.get_by_text(re.compile("domain", re.IGNORECASE)).first).to_be_visible()
    expect(page.get_by_role("button", name="Check again")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("combobox", name="Template")).to_be_disabled()
    page.get_by_role("button", name="Delete campaign").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, delete campaign").click()
    expect(page.get_by_role("button", name="Create and send")).to_be_visible(timeout=30_000)
    page.get_by_label("From email").fill("rosa@cedarstaffing.example")
    send_now(page)
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    addresses = mails_of(demo, "Niet klaar")
    assert addresses
    assert len(addresses) == len(set(addresses))


def test_the_intern_meets_404_wherever_campaigns_are(sign_in: SignIn, demo: DemoProcess) -> None:
    page = sign_in("intern")
    expect(page.get_by_role("link", name="Campaigns", exact=True)).to_have_count(0)
    for path in (
        "/campaigns",
        "/campaigns/5",
        "/campaigns/5/mailchimp",
        "/cxmc/campaigns/5",
        "/cxmc/campaigns/5/panel",
        "/cxmc/campaigns/5/settings",
        "/cxmc/campaigns/999",
    ):
        answer = page.request.get(path)
        assert answer.status == 404, path


def test_without_javascript_the_same_buttons_send(sign_in: SignIn, demo: DemoProcess) -> None:
    helper = sign_in("recruiter")
    campaign = campaign_with_people(helper, "Zonder script")
    page = sign_in("recruiter", java_script_enabled=False)
    page.goto(f"/campaigns/{campaign}/mailchimp")
    fill_form(page, "Support")
    page.get_by_role("button", name="Create and send").click()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    wanted, unwanted = expected_addresses(demo.folder, campaign)
    assert mails_of(demo, "Zonder script") == sorted(wanted)
    assert unwanted


def test_a_press_makes_no_call_to_mailchimp(sign_in: SignIn, demo: DemoProcess) -> None:
    page = sign_in("recruiter")
    filled_campaign(page, "Geen oproep")
    for worker in demo.worker_pids():
        os.kill(worker, signal.SIGSTOP)  # none begins anything
    try:
        wait_until(lambda: not demo.has_busy_worker(), 60, "what was under way has ended")
        before = requests.get(f"{demo.standin_url}/__requests", timeout=5).json()["total"]
        send_now(page)
        expect(page.get_by_text("Pending action...")).to_be_visible()
        after = requests.get(f"{demo.standin_url}/__requests", timeout=5).json()["total"]
    finally:
        for worker in demo.worker_pids():
            os.kill(worker, signal.SIGCONT)
    assert after == before
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=60_000)


def test_a_worker_killed_in_the_middle_of_a_send_mails_everybody_once(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    page = sign_in("recruiter")
    campaign = filled_campaign(page, "Midden in")
    fault = {"match": "POST /campaigns/*/actions/send", "kind": "timeout_after", "seconds": 3}
    requests.post(f"{demo.standin_url}/__faults", json=fault, timeout=5).raise_for_status()
    send_now(page)
    wait_until(lambda: mails_of(demo, "Midden in"), 30, "the send has begun")
    for worker in demo.worker_pids():
        os.kill(worker, signal.SIGKILL)
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=120_000)
    wanted, _ = expected_addresses(demo.folder, campaign)
    assert mails_of(demo, "Midden in") == sorted(wanted)


def probes(demo: DemoProcess) -> list[str]:
    answer = requests.get(f"{demo.standin_url}/__outbox", params={"kind": "test"}, timeout=5).json()
    return [mail["address"] for mail in answer["mails"]]


def test_a_test_mail_and_a_preview_leave_the_form_as_it_was(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    """By Enter in its own field, which must not ask to send to everybody."""
    page = sign_in("recruiter")
    filled_campaign(page, "Eerst kijken")
    page.get_by_label("Subject").fill("Voor *|FNAME|*")
    to = page.get_by_role("textbox", name="Test addresses")
    to.fill("chef@cedarstaffing.example")
    to.press("Enter")
    expect(page.locator("#cxmc-test-mail")).to_contain_text("was sent to 1 address", timeout=30_000)
    expect(page.locator("[data-cxmc-toasts]")).to_contain_text("was sent to 1 address")
    expect(to).to_be_focused()
    assert "chef@cedarstaffing.example" in probes(demo)
    page.get_by_role("button", name="Preview").click()
    mail = page.frame_locator("iframe").frame_locator(
        "iframe"
    )  # the mail is in a sandbox of its own
    expect(mail.locator("body")).to_contain_text("Beste", timeout=30_000)
    expect(mail.locator("body")).not_to_contain_text("*|FNAME|*")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("2 of")).to_be_visible()
    expect(page.get_by_role("link", name="Next")).to_be_focused()
    page.get_by_role("link", name="Back to the form").click()
    expect(page.get_by_label("Subject")).to_have_value("Voor *|FNAME|*")
    expect(to).to_have_value("chef@cedarstaffing.example")
    assert mails_of(demo, "Eerst kijken") == []


def test_without_javascript_a_test_mail_ends_with_a_sentence_too(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    helper = sign_in("recruiter")
    campaign = campaign_with_people(helper, "Eerst kijken, zonder script")
    page = sign_in("recruiter", java_script_enabled=False)
    page.goto(f"/campaigns/{campaign}/mailchimp")
    fill_form(page, "Support")
    page.get_by_label("Test addresses").fill("plain@cedarstaffing.example")
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text("was sent to 1 address").first).to_be_visible(timeout=30_000)
    assert "plain@cedarstaffing.example" in probes(demo)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("iframe")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Back to the form").click()
    expect(page.get_by_label("Template")).not_to_have_value("")


def updated(page: Page) -> bool:
    """Pressed again for as long as MailChimp is still sending; True when there are figures."""
    page.get_by_role("button", name="Update now").click()
    try:
        expect(page.get_by_label("Title of the new campaign")).to_be_visible(timeout=8_000)
    except AssertionError:
        return False
    return True


def test_who_did_not_open_it_becomes_a_new_campaign(sign_in: SignIn) -> None:
    page = sign_in("recruiter")
    filled_campaign(page, "Met vervolg")
    send_now(page)
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    wait_until(lambda: updated(page), 120, "MailChimp has sent it and there are figures")
    page.get_by_label("Title of the new campaign").fill("Het vervolg")
    page.get_by_role("button", name="New campaign").click()
    expect(page.get_by_role("heading", name="Het vervolg")).to_be_visible()
    expect(page.locator("[data-cxmc-toasts]")).to_contain_text("A new campaign with")
    expect(page.get_by_role("button", name="Create and send")).to_be_visible()
