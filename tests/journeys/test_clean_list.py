"""A mistyped address: it bounces, its owner finds it in the list, corrects it, and the next mail arrives."""

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
