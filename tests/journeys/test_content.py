"""A campaign with edited texts and a list of vacancies, from the form to the clicks per vacancy."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.crm_actions import (
    add_selected,
    fill_form,
    new_campaign,
    open_list,
    open_tab,
    send_now,
    update_now,
)
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("connected")]

SignIn = Callable[..., Page]
GREETING = "<p>*|SALUTATION|*, er is werk voor een *|JOBTITLE|* bij kantoor *|OFFICE|*.</p>"
CLOSING = (
    '<p>Bel gerust, of lees <a href="https://www.cedarstaffing.example/over">wie we zijn</a>.</p>'
)
CHOSEN = (
    "Werkvoorbereider",
    "Financieel medewerker",
    "Heftruckchauffeur",
    "Verzorgende IG",
    "Servicemonteur",
)
ORDER = ("Zwolle</b>", "Rotterdam</b>", "Amersfoort</b>", "Utrecht</b>")


def position_in(html: str, text: str) -> int:
    assert text in html, text
    return html.index(text)


def add_everything(page: Page) -> str:
    """A campaign with a page of candidates and five vacancies."""
    campaign = new_campaign(page, "Vacatures voor jou")
    for title in CHOSEN:
        page.get_by_role("checkbox", name=title).check()
    page.get_by_role("button", name="Save vacancies").click()
    expect(page.get_by_text("Saved.").first).to_be_visible()
    open_list(page, "Candidates")
    page.get_by_role("checkbox", name="Select this page").check()
    add_selected(page, "Vacatures voor jou")
    return campaign


def fill_regions(page: Page) -> None:
    """The two texts, and the list without its first entry and with the next two exchanged twice."""
    page.get_by_label("inleiding", exact=True).fill(GREETING)
    page.get_by_label("afsluiting", exact=True).fill(CLOSING)
    page.locator("#cxmc-fill-2").click()
    listed = page.locator(".cxmc-block li")
    expect(listed).to_have_count(5)
    page.get_by_role("button", name=re.compile("Remove “Werkvoorbereider")).click()
    expect(listed).to_have_count(4)
    down = page.get_by_role("button", name=re.compile("Move “Financieel.*down"))
    down.click()
    expect(listed.first).to_contain_text("Heftruck")
    expect(down).to_be_focused()
    page.get_by_role("button", name=re.compile("Move “Financieel.*up")).click()
    expect(listed.first).to_contain_text("Financieel")


def mail_in(page: Page) -> Locator:
    """The mail in the preview, when it has arrived."""
    frame = page.frame_locator("iframe.cxmc-mail").frame_locator("iframe")
    frame.locator("li").first.wait_for()
    return frame.locator("body")


def preview_three_people(page: Page) -> dict[str, str]:
    """Address to the text of the mail as that person will read it."""
    texts = {}
    envelope = page.locator(".cxmc-envelope")
    for _ in range(3):
        shown = envelope.inner_text()
        _, address = re.findall("<([^>]+)>", shown)  # from, to
        texts[address] = mail_in(page).inner_text()
        page.get_by_role("link", name="Next").click()
        expect(envelope).not_to_have_text(shown)
    return texts


def require_as_previewed(mails: list[dict[str, Any]], previews: Mapping[str, str]) -> None:
    for mail in mails:
        positions = [position_in(mail["html"], title) for title in ORDER]
        assert positions == sorted(positions)
        assert "Werkvoorbereider in" not in mail["html"]
        assert "*|" not in mail["html"].replace("*|UNSUB|*", "")
    html = {mail["address"].lower(): mail["html"] for mail in mails}
    for address, text in previews.items():
        assert address.strip().lower() in html, sorted(html)
        greeting = text.split(", er is werk")[0].split("\n")[-1].strip()
        assert greeting in html[address.strip().lower()]


def click(demo: DemoProcess, mail: Mapping[str, Any], number: int) -> None:
    """The person who got the mail clicks a vacancy."""
    url = f"https://www.cedarstaffing.example/vacatures/{number}"
    demo.act("click", campaign=mail["campaign"], member=mail["address"], url=url)


@pytest.fixture(scope="module")
def sent() -> dict[str, Any]:
    """The campaign and its mails, kept between the steps of the journey."""
    return {}


def test_edited_texts_and_vacancies_are_sent_as_previewed(
    sign_in: SignIn, demo: DemoProcess, sent: dict[str, Any]
) -> None:
    page = sign_in("recruiter")
    sent["campaign"] = add_everything(page)
    open_tab(page, sent["campaign"])
    fill_form(page, "Vacature-update")
    page.get_by_role("button", name="Preview").click()
    assert "Werkvoorbereider" in mail_in(page).inner_text()
    page.get_by_role("link", name="Back to the form").click()
    fill_regions(page)
    page.get_by_role("button", name="Preview").click()
    previews = preview_three_people(page)
    assert len(set(previews.values())) == 3
    page.get_by_role("link", name="Back to the form").click()
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text("The test mail was sent").first).to_be_visible()
    send_now(page)
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    sent["mails"] = wait_until(lambda: len(demo.outbox()) > 20 and demo.outbox(), 20)
    require_as_previewed(sent["mails"], previews)


def test_clicks_per_vacancy_are_in_the_report_and_on_the_person(
    sign_in: SignIn, demo: DemoProcess, sent: dict[str, Any]
) -> None:
    page = sign_in("recruiter")
    for number in (1057, 1057, 1073):
        click(demo, sent["mails"][0], number)
    update_now(page, sent["campaign"], demo.folder)
    open_tab(page, sent["campaign"])
    vacancies = page.locator(".cxmc-card", has=page.get_by_role("heading", name="Vacatures"))
    for title, figures in (("Financieel", "2 1"), ("Servicemonteur", "1 1"), ("Heftruck", "0 0")):
        expected = re.compile(figures.replace(" ", r"\s*") + r"\s*$")
        expect(vacancies.get_by_role("row", name=title)).to_have_text(expected)
    vacancies.get_by_role("row", name="Financieel").get_by_role("link").click()
    page.locator(".cxmc-person a").first.click()
    page.get_by_role("tab", name="Activities").click()
    expect(page.get_by_text("Financieel medewerker in Zwolle").first).to_be_visible()
