"""A clean list: a mistyped address is corrected, and somebody who left comes back, both mailed again."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cxmc_ext.standin import DEMO_KEY
from tests.journeys.crm_actions import add_people, fill_form, new_campaign, open_tab, update_now
from tests.journeys.crm_database import query
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

SignIn = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def connected(demo: DemoProcess) -> None:
    for words, text in (("activate",), None), (("connect", "--key-stdin"), DEMO_KEY):
        told = demo.flask("cxmc", *words, text=text)
        assert told.returncode == 0, told.stdout + told.stderr


def candidate(folder: Path) -> tuple[int, str, str]:
    """Id, name and address of a candidate of the recruiter who is nobody's namesake and in no group."""
    return next(
        iter(
            query(
                folder,
                "SELECT p.id, trim(p.first_name || ' ' || p.prefix) || ' ' || p.last_name, p.email_key"
                " FROM person p JOIN account a ON a.id = p.owner_id"
                " WHERE a.username = 'recruiter' AND p.kind = 'candidate' AND p.email_key <> ''"
                " AND p.id NOT IN (SELECT person_id FROM group_member) AND 1 ="
                " (SELECT count(*) FROM person o WHERE o.email_key = p.email_key)"
                " AND 1 = (SELECT count(*) FROM person o WHERE o.last_name = p.last_name"
                " AND o.first_name = p.first_name) ORDER BY p.id LIMIT 1",
            )
        )
    )


def send(page: Page, demo: DemoProcess, name: str, title: str) -> str:
    campaign = new_campaign(page, title)
    add_people(page, "Candidates", [name], title)
    open_tab(page, campaign)
    fill_form(page, "Support")
    page.get_by_role("button", name="Create and send").click()
    page.get_by_role("dialog").get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    wait_until(lambda: campaign_state(demo, campaign) == "sent", 60, "the campaign is sent")
    return campaign


def campaign_state(demo: DemoProcess, campaign: str) -> str:
    sql = "SELECT state FROM cxmc_mailing WHERE campaign_ref = ?"
    return str(query(demo.folder, sql, campaign)[0][0])


def mails(demo: DemoProcess, subject: str) -> list[dict[str, Any]]:
    return [mail for mail in demo.outbox() if mail["subject"] == subject]


def test_a_mistyped_address_is_listed_corrected_and_mailed_again(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    page = sign_in("recruiter")
    person, name, address = candidate(demo.folder)
    campaign = send(page, demo, name, "Eerste poging")
    (mail,) = wait_until(lambda: mails(demo, "Eerste poging"), 20, "the mail is delivered")
    assert mail["address"] == address
    demo.act("bounce", campaign=mail["campaign"], member=address, kind="hard")
    update_now(page, campaign, demo.folder)
    page.get_by_role("link", name="Failed addresses").click()
    page.get_by_role("link", name="My people").click()
    row = page.get_by_role("row", name=address)
    expect(row).to_contain_text("Mail bounced for good")
    row.get_by_role("link", name=name).click()
    expect(page.get_by_text("address fails")).to_be_visible()
    page.get_by_role("tab", name="Activities").click()
    expect(page.get_by_text(f"Mail to {address} does not arrive.")).to_be_visible()
    page.get_by_role("tab", name="General").click()
    page.get_by_label("E-mail").fill("goed.gespeld@kandidaten.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("address fails")).to_be_hidden()
    page.get_by_role("link", name="Failed addresses").click()
    expect(page.get_by_text("No address is known to fail.")).to_be_visible()
    send(page, demo, name, "Tweede poging")
    (mail,) = wait_until(lambda: mails(demo, "Tweede poging"), 20, "the mail is delivered")
    assert mail["address"] == "goed.gespeld@kandidaten.example"
    assert query(demo.folder, "SELECT failed_key FROM person WHERE id = ?", person) == [("",)]


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


def test_somebody_who_left_is_invited_confirms_and_is_mailed_again(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    demo.switch(resubscribe="accepted")
    page = sign_in("recruiter")
    person, name, address = candidate(demo.folder)
    campaign = send(page, demo, name, "Voor het afmelden")
    (mail,) = wait_until(lambda: mails(demo, "Voor het afmelden"), 20, "the mail is delivered")
    demo.act("unsubscribe", campaign=mail["campaign"], member=address)
    update_now(page, campaign, demo.folder)
    invite(page, person)
    page.goto(demo.confirmation_link(address))
    page.get_by_role("button", name="Yes, subscribe me").click()
    expect(page.get_by_text("is subscribed.")).to_be_visible()
    update_now(page, campaign, demo.folder)
    page.goto(f"/cxmc/invitation?person=candidate:{person}")
    expect(page.get_by_text("This person is not opted out and can be mailed.")).to_be_visible()
    expect(page.get_by_text("Subscribed again in MailChimp, invited by")).to_be_visible()
    send(page, demo, name, "Weer welkom")
    (mail,) = wait_until(lambda: mails(demo, "Weer welkom"), 20, "the mail is delivered")
    assert mail["address"] == address
    notes = query(demo.folder, "SELECT text FROM note WHERE person_id = ?", person)
    assert any(text.startswith("Subscribed again in MailChimp") for (text,) in notes)
