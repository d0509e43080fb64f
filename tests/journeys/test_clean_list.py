"""A clean list: a mistyped address is corrected, and somebody who left comes back, both mailed again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.crm_actions import mail_candidates, update_now
from tests.journeys.crm_database import Candidate, candidates, query
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("connected")]

SignIn = Callable[..., Page]


@pytest.fixture
def person(demo: DemoProcess) -> Candidate:
    return candidates(demo.folder, 1)[0]


def mail_to(page: Page, demo: DemoProcess, person: Candidate, title: str) -> tuple[str, Any]:
    """Sends a campaign to one person; the campaign's id, and the mail."""
    campaign = mail_candidates(page, demo.folder, [person.name], title)
    (mail,) = wait_until(lambda: demo.outbox(title), 20, "the mail is delivered")
    return campaign, mail


def test_a_mistyped_address_is_listed_corrected_and_mailed_again(
    sign_in: SignIn, demo: DemoProcess, person: Candidate
) -> None:
    page, address = sign_in("recruiter"), person.address
    campaign, mail = mail_to(page, demo, person, "Eerste poging")
    assert mail["address"] == address
    demo.act("bounce", campaign=mail["campaign"], member=address, kind="hard")
    update_now(page, campaign, demo.folder)
    page.get_by_role("link", name="Failed addresses").click()
    page.get_by_role("link", name="My people").click()
    row = page.get_by_role("row", name=address)
    expect(row).to_contain_text("Mail bounced for good")
    row.get_by_role("link", name=person.name).click()
    expect(page.get_by_text("address fails")).to_be_visible()
    page.get_by_role("tab", name="Activities").click()
    expect(page.get_by_text(f"Mail to {address} does not arrive.")).to_be_visible()
    page.get_by_role("tab", name="General").click()
    page.get_by_label("E-mail").fill("goed.gespeld@kandidaten.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("address fails")).to_be_hidden()
    page.get_by_role("link", name="Failed addresses").click()
    expect(page.get_by_text("No address is known to fail.")).to_be_visible()
    _, mail = mail_to(page, demo, person, "Tweede poging")
    assert mail["address"] == "goed.gespeld@kandidaten.example"
    assert query(demo.folder, "SELECT failed_key FROM person WHERE id = ?", person.id) == [("",)]


def invite(page: Page, person: int) -> None:
    page.goto(f"/candidates/{person}/activities")
    expect(page.get_by_text("Opted out: gets no MailChimp mail.")).to_be_visible()
    page.get_by_role("link", name="Invite back").click()
    # The report or the audience tells of it, whichever is read first.
    note = re.compile("Unsubscribed (through the MailChimp|in MailChimp, after the) campaign")
    expect(page.get_by_text(note)).to_be_visible()
    page.get_by_role("button", name="Ask for confirmation").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, ask").click()
    expect(page.get_by_text("MailChimp mailed a confirmation.")).to_be_visible()
    expect(page.locator("main")).to_have_count(1)


def test_somebody_who_left_is_invited_confirms_and_is_mailed_again(
    sign_in: SignIn, demo: DemoProcess, person: Candidate
) -> None:
    demo.switch(resubscribe="accepted")
    page, address = sign_in("recruiter"), person.address
    campaign, mail = mail_to(page, demo, person, "Voor het afmelden")
    demo.act("unsubscribe", campaign=mail["campaign"], member=address)
    update_now(page, campaign, demo.folder)
    invite(page, person.id)
    page.goto(demo.confirmation_link(address))
    page.get_by_role("button", name="Yes, subscribe me").click()
    expect(page.get_by_text("is subscribed.")).to_be_visible()
    update_now(page, campaign, demo.folder)
    page.goto(f"/cxmc/invitation?person=candidate:{person.id}")
    expect(page.get_by_text("This person is not opted out and can be mailed.")).to_be_visible()
    expect(page.get_by_text("Subscribed again in MailChimp, invited by")).to_be_visible()
    _, mail = mail_to(page, demo, person, "Weer welkom")
    assert mail["address"] == address
    notes = query(demo.folder, "SELECT text FROM note WHERE person_id = ?", person.id)
    assert any(text.startswith("Subscribed again in MailChimp") for (text,) in notes)
