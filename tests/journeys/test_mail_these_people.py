"""From a list of people to a sent mail, with every click counted, and who is selected on the way."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.crm_actions import fill_form, send_now, update_now
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("connected")]

SignIn = Callable[..., Page]
_COUNT_CLICKS = """
    addEventListener("click", (event) => {
      if (event.isTrusted && !event.target.closest("td.tick")) {
        sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
      }
    }, true);
"""


@pytest.fixture
def page(sign_in: SignIn) -> Iterator[Page]:
    """The list of candidates, for a recruiter."""
    page = sign_in("recruiter")
    page.add_init_script(_COUNT_CLICKS)
    page.goto("/candidates")
    yield page
    page.evaluate("sessionStorage.clear()")


def tick(page: Page, count: int) -> None:
    boxes = page.get_by_role("row").get_by_role("checkbox")
    for number in range(1, count + 1):
        boxes.nth(number).check()


def campaign_id(page: Page) -> str:
    found = re.search(r"/campaigns/(\d+)", page.url)
    assert found, page.url
    return found[1]


def _select_25_people(page: Page) -> None:
    tick(page, 20)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("20 selected")).to_be_visible()
    tick(page, 5)
    expect(page.get_by_text("25 selected")).to_be_visible()


def _let_a_day_pass(page: Page, demo: DemoProcess, campaign: str) -> None:
    """In a tab of its own: people open and click at the stand-in, and the campaign is updated."""
    page.goto(demo.standin_url)
    with page.expect_navigation():
        page.get_by_role("button", name="Run a day").first.click()
    page.goto(demo.url)
    update_now(page, campaign, demo.folder)
    page.close()


def test_25_people_are_mailed_and_who_clicked_what_is_read_with_seven_clicks_on_three_pages(
    page: Page, demo: DemoProcess
) -> None:
    before = len(demo.outbox())
    _select_25_people(page)
    page.get_by_role("button", name="Action").click()
    page.get_by_role("button", name="Mail these people").click()
    page.wait_for_url("**/mailchimp#cxmc-subject")
    expect(page.get_by_label("Subject")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Nieuwe vacatures")
    fill_form(page, "Support")  # with the keyboard
    page.locator("[data-cxmc-template]").first.click()
    send_now(page)
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    wait_until(lambda: len(demo.outbox()) > before, 20, "the mails are delivered")
    assert len(demo.outbox()) - before <= 25
    _let_a_day_pass(page.context.new_page(), demo, campaign_id(page))
    page.reload()
    link = page.get_by_role("table").filter(has_text="Address").get_by_role("row").nth(1)
    address = link.get_by_role("link").first.inner_text()
    link.get_by_role("link").last.click()
    expect(page.get_by_role("main")).to_contain_text(address.removeprefix("https://")[:20])
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert int(page.evaluate("sessionStorage.clicks")) <= 7
    page.goto("/candidates")
    expect(page.get_by_text("selected")).to_be_hidden()


def test_a_selection_survives_a_search_a_dialog_and_a_reload_and_can_be_cleared(
    page: Page,
) -> None:
    tick(page, 2)
    page.get_by_role("searchbox").fill("van der")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**q=van+der**")
    tick(page, 1)
    page.reload()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Action").click()
    page.get_by_role("button", name="Add to campaign").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Add 3 candidates to a campaign")
    dialog.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_text("3 selected")).to_be_hidden()
    page.get_by_role("checkbox", name="Select this page").check()
    page.get_by_role("button", name="Clear selection").click()
    assert page.get_by_role("checkbox", checked=True).count() == 0


def test_pressed_twice_it_creates_one_campaign_and_back_shows_the_list_again(page: Page) -> None:
    tick(page, 1)
    page.get_by_role("button", name="Action").click()
    page.get_by_role("button", name="Mail these people").dblclick()
    page.wait_for_url("**/mailchimp#cxmc-subject")
    title = page.get_by_label("Subject").input_value()
    page.goto("/campaigns")
    assert page.get_by_role("link", name=title).count() == 1
    page.goto("/candidates")
    expect(page.get_by_text("selected")).to_be_hidden()


def test_mailing_nobody_keeps_the_search_and_says_what_to_do(page: Page) -> None:
    page.goto("/candidates?q=van+der")
    page.get_by_role("button", name="Action").click()
    page.get_by_role("button", name="Mail these people").click()
    expect(page.get_by_text("Select the people to mail first.")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("van der")
