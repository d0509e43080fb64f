"""What was typed in the form is never lost: login, network, preview, second window, reload."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.crm_actions import (
    add_selected,
    fill_form,
    new_campaign,
    open_list,
    open_tab,
    send_now,
)
from tests.support.demo_process import DemoProcess

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("connected")]

SignIn = Callable[..., Page]
DRAFT_SAVED = re.compile(r"Draft saved \d\d:\d\d")


@pytest.fixture
def errors_are_expected() -> tuple[str, ...]:
    """What the browser writes to its console when it is offline or logged out."""
    return ("ERR_INTERNET_DISCONNECTED", "400", "401", "htmx:")


def filled_campaign(page: Page, title: str) -> str:
    campaign = new_campaign(page, title)
    open_list(page, "Candidates")
    page.get_by_role("checkbox", name="Select this page").check()
    add_selected(page, title)
    open_tab(page, campaign)
    fill_form(page, "Support")
    return campaign


def wait_for_draft(page: Page) -> None:
    expect(page.get_by_text(DRAFT_SAVED)).to_be_visible()


def log_in(page: Page, name: str = "recruiter") -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Log in").click()


def test_what_was_typed_survives_a_reload_and_a_visit_elsewhere(sign_in: SignIn) -> None:
    page = sign_in("recruiter")
    campaign = filled_campaign(page, "Herladen")
    subject = page.get_by_label("Subject")
    subject.fill("Getypt en bewaard")
    wait_for_draft(page)
    page.reload()
    expect(subject).to_have_value("Getypt en bewaard")
    subject.fill("Getypt en meteen weg")
    page.get_by_role("link", name="Candidates", exact=True).first.click()
    page.wait_for_url(re.compile("candidates"))
    open_tab(page, campaign)
    expect(subject).to_have_value("Getypt en meteen weg")
    expect(page.get_by_label("From email")).to_have_value("rosa@cedarstaffing.example")


def test_back_from_the_preview_is_the_filled_form(sign_in: SignIn) -> None:
    page = sign_in("recruiter")
    filled_campaign(page, "Voorbeeld")
    page.get_by_label("Subject").fill("Voor *|FNAME|*")
    page.get_by_label("Time").select_option("11:45")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Preview", exact=True)).to_be_visible()
    page.get_by_role("link", name="Back to the form").click()
    expect(page.get_by_label("Subject")).to_have_value("Voor *|FNAME|*")
    expect(page.get_by_label("Time")).to_have_value("11:45")
    expect(page.get_by_role("combobox", name="Template")).not_to_have_value("")


def test_a_second_window_is_told_and_may_keep_its_text(sign_in: SignIn) -> None:
    first = sign_in("recruiter")
    campaign = filled_campaign(first, "Twee vensters")
    wait_for_draft(first)
    second = sign_in("admin")
    open_tab(second, campaign)
    expect(second.get_by_text("by Sanne de Wit")).to_be_visible()
    second.get_by_label("Subject").fill("Uit het tweede venster")
    wait_for_draft(second)
    first.get_by_label("Subject").fill("Uit het eerste venster")
    told = first.get_by_role("alert").filter(has_text="changed this form at")
    expect(told).to_contain_text("What you typed here is not saved.")
    expect(first.get_by_label("Subject")).to_have_value("Uit het eerste venster")
    first.get_by_role("button", name="Keep what is typed here").click()
    expect(told).to_have_count(0)
    wait_for_draft(first)
    second.reload()
    expect(second.get_by_label("Subject")).to_have_value("Uit het eerste venster")


def test_a_session_lost_while_typing_leads_through_the_login_back_to_the_text(
    sign_in: SignIn, errors_are_expected: tuple[str, ...]
) -> None:
    page = sign_in("recruiter", expected_errors=errors_are_expected)
    filled_campaign(page, "Uitgelogd")
    wait_for_draft(page)
    page.context.clear_cookies()
    page.get_by_label("Subject").fill("Getypt zonder sessie")
    page.get_by_role("button", name="Create and send").click()
    told = page.get_by_role("alert").filter(has_text="You are logged out.")
    expect(told).to_contain_text("What you typed comes back after the login.")
    expect(page.get_by_label("Subject")).to_have_value("Getypt zonder sessie")
    told.get_by_role("link", name="Log in").click()
    log_in(page)
    expect(page.get_by_label("Subject")).to_have_value("Getypt zonder sessie")
    wait_for_draft(page)
    page.reload()
    expect(page.get_by_label("Subject")).to_have_value("Getypt zonder sessie")


def test_offline_nothing_is_sent_and_the_page_says_so_until_the_next_press(
    sign_in: SignIn, demo: DemoProcess, errors_are_expected: tuple[str, ...]
) -> None:
    page = sign_in("recruiter", expected_errors=errors_are_expected)
    filled_campaign(page, "Zonder netwerk")
    wait_for_draft(page)
    page.context.set_offline(True)
    page.get_by_label("Subject").fill("Zonder netwerk getypt")
    page.get_by_role("button", name="Create and send").click()
    dialog = page.get_by_role("dialog").get_by_role("button", name="Send now")
    if dialog.is_visible():
        dialog.click()
    told = page.get_by_role("alert").filter(
        has_text="Not sent. Press again when you are back online."
    )
    expect(told).to_be_visible()
    page.context.set_offline(False)
    wait_for_draft(page)
    expect(told).to_be_visible()
    assert not [mail for mail in demo.outbox() if mail["subject"].startswith("Zonder netwerk")]
    send_now(page)
    expect(page.get_by_text("Reports for Campaign")).to_be_visible()
    assert [mail for mail in demo.outbox() if mail["subject"] == "Zonder netwerk getypt"]
