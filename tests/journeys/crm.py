"""What a person does in the demo CRM, by the words on the screen; and the truth read from its database."""

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, expect

_ADDRESS = re.compile(r"[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+")


def new_campaign(page: Page, title: str) -> str:
    """A MailChimp campaign through the screens; returns its id."""
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Type campaign").select_option("MailChimp")
    page.get_by_role("button", name="Save").click()
    found = re.search(r"/campaigns/(\d+)", page.url)
    assert found, page.url
    return found[1]


def add_people(page: Page, menu: str, names: Sequence[str], campaign: str) -> None:
    """Ticks these people of a list, one search each page, and adds them to the campaign."""
    for name in names:
        page.get_by_role("link", name=menu, exact=True).click()
        page.get_by_role("searchbox").fill(name)
        page.get_by_role("searchbox").press("Enter")
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).first.check()
        add_ticked(page, campaign)


def add_ticked(page: Page, campaign: str) -> None:
    page.get_by_text("Action", exact=True).click()
    page.get_by_role("button", name="Add to campaign").or_(
        page.get_by_role("menuitem", name="Add to campaign")
    ).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Campaign").select_option(label=campaign)
    dialog.get_by_role("button", name="Add to campaign").click()
    expect(page.get_by_role("status").first).to_contain_text("added")


def open_tab(page: Page, campaign_id: str) -> None:
    page.goto(f"/campaigns/{campaign_id}")
    page.get_by_role("tab", name="MailChimp").click()


def fill_form(page: Page, template: str, from_email: str = "rosa@cedarstaffing.example") -> None:
    page.get_by_label("From name").fill("Rosa van Dijk")
    page.get_by_label("From email").fill(from_email)
    choice = page.get_by_role("combobox", name="Template")
    option = choice.locator("option", has_text=template).first
    choice.select_option(value=option.get_attribute("value"))


def reachable(folder: Path, campaign_id: str) -> tuple[set[str], set[str]]:
    """(addresses that must get one mail, addresses that must get none), by the CRM's own tables.

    An address is out when anybody in the CRM who has it opted out.
    """
    with sqlite3.connect(folder / "crm.db") as db:
        chosen = db.execute(
            "SELECT p.email_key FROM campaign_member c JOIN person p ON p.id = c.person_id"
            " WHERE c.campaign_id = ?",
            (campaign_id,),
        ).fetchall()
        left = db.execute(
            "SELECT p.email_key FROM group_member m JOIN person p ON p.id = m.person_id"
            " JOIN people_group g ON g.id = m.group_id JOIN tag t ON t.id = g.tag_id"
            " WHERE t.name = 'NoMailChimpMailingsTag'"
        ).fetchall()
    out = {address for (address,) in left if address}
    addresses = {address for (address,) in chosen}
    good = {address for address in addresses if _ADDRESS.fullmatch(address)}
    return good - out, out & addresses


def opted_out_groups(folder: Path) -> tuple[int, int]:
    """(tags of that name, groups that carry it)."""
    with sqlite3.connect(folder / "crm.db") as db:
        tags = db.execute("SELECT count(*) FROM tag WHERE name = 'NoMailChimpMailingsTag'")
        (tag_count,) = tags.fetchone()
        groups = db.execute(
            "SELECT count(*) FROM people_group g JOIN tag t ON t.id = g.tag_id"
            " WHERE t.name = 'NoMailChimpMailingsTag'"
        )
        (group_count,) = groups.fetchone()
    return tag_count, group_count
