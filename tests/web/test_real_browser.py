"""The pages in a real browser under a strict policy: keyboard, dialogs, polling, and without script."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask, Response, render_template_string
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import update

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.journeys.keyboard import Keyboard
from tests.support.factories import create_mailing, create_operation, store_templates
from tests.support.real_browser import serving

pytestmark = pytest.mark.slow

_PAGE = """<!doctype html><html lang="en"><title>Acme</title><body><main>
{{ cxmc_tab(ref) }}</main>{{ cxmc_toasts() }}</body></html>"""


@pytest.fixture
def address(app: Flask, campaign: str, standin: StandinServer) -> Iterator[str]:
    """The host's page with our tab, served to real browsers."""
    policy = (
        "default-src 'self'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' {standin.root}; frame-ancestors 'self'"
    )

    def page(ref: str) -> str:
        return render_template_string(_PAGE, ref=ref)

    def restrict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        return response

    app.add_url_rule("/campaigns/<ref>/mailchimp", "tab", page)
    app.after_request(restrict)
    with serving(app) as root:
        yield f"{root}/campaigns/{campaign}/mailchimp"


def choose_template(page: Page) -> None:
    page.get_by_role("combobox", name="Template").select_option("10001")


def test_sending_by_keyboard_asks_once_and_ends_in_the_report(
    page: Page, address: str, queue: ManualQueue, standin: StandinServer
) -> None:
    page.goto(address)
    choose_template(page)
    button = page.get_by_role("button", name="Create and send")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Send to 5 people?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Pending action...")).to_be_focused()
    assert not standin.outbox.mails()
    queue.run_all()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible()
    assert len(standin.outbox.mails()) == 5


def test_what_is_plainly_missing_is_told_beside_the_field_unasked(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Create and send").click()
    expect(page.get_by_text("No template is selected.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("combobox", name="Template")).to_be_focused()


def test_the_question_names_the_day_as_the_page_writes_it(page: Page, address: str) -> None:
    page.goto(address)
    choose_template(page)
    day = date.today() + timedelta(days=60)  # noqa: DTZ011
    page.get_by_label("Date").fill(day.isoformat())
    page.get_by_label("Time").select_option("09:15")
    page.get_by_role("button", name="Create and schedule").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        f"{day:%a} {day.day} {day:%b} {day.year}, 09:15"
    )


def test_fresh_templates_leave_what_was_typed_and_the_page_alone(
    page: Page, address: str, queue: ManualQueue
) -> None:
    page.goto(address)
    page.evaluate("window.sameDocument = true")
    page.get_by_label("Subject").fill("Typed by hand")
    choose_template(page)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("Pending action...")).to_be_visible()
    queue.run_all()
    expect(page.get_by_text("Templates and domains are up to date")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Typed by hand")
    expect(page.get_by_role("combobox", name="Template")).to_have_value("10001")
    page.wait_for_timeout(2500)
    assert page.evaluate("window.sameDocument"), "the refresh for browsers without script slept"


def test_many_templates_are_searched_while_one_types(
    page: Page, address: str, connected: Services
) -> None:
    store_templates(connected, 30)
    page.goto(address)
    expect(page.get_by_role("button", name="Find")).to_have_count(0)
    keys = Keyboard(page)
    keys.fill("Subject", "Typed by hand")
    keys.record_announcements()
    keys.fill("Find by name", "nummer 0021")
    said = "1 of 30 templates matches “nummer 0021”."
    hint = page.locator("#cxmc-template-hint")
    expect(hint).to_have_text(said)
    expect(page.get_by_role("option")).to_have_count(2 + 96)
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_be_focused()
    keys.fill("Template", "Sjabloon")
    expect(page.get_by_role("combobox", name="Template")).to_have_value("21")
    page.get_by_role("searchbox").fill("nowhere")
    expect(hint).to_contain_text("None of 30 templates matches “nowhere”.")
    expect(page.get_by_role("combobox", name="Template")).to_have_value("21")
    expect(page.get_by_label("Subject")).to_have_value("Typed by hand")
    assert keys.announcements().count(said) == 1


def test_a_template_chosen_while_a_search_is_under_way_stays(
    page: Page, address: str, connected: Services
) -> None:
    store_templates(connected, 30)
    held: list[Route] = []
    page.route("**/templates", lambda route: held.append(route))
    page.goto(address)
    with page.expect_request("**/templates"):
        page.get_by_role("searchbox").fill("nummer 0021")
    choice = page.get_by_role("combobox", name="Template")
    choice.select_option("7")
    held[0].continue_()
    expect(page.locator("#cxmc-template-hint")).to_contain_text("1 of 30 templates")
    expect(choice).to_have_value("7")
    assert choice.locator("option").all_inner_texts()[1].startswith("Sjabloon nummer 0007")


def test_the_senders_domain_is_judged_while_it_is_typed(page: Page, address: str) -> None:
    page.goto(address)
    readiness = page.locator(".cxmc-readiness")
    expect(readiness).to_contain_text("cedarstaffing.example is a verified domain")
    sender = page.get_by_label("From email")
    keys = Keyboard(page)
    keys.record_announcements()
    for typed, said in (
        ("sanne@gmail.com", "gmail.com is a free e-mail domain and cannot be verified"),
        ("sanne@new.example", "new.example is not verified yet"),
        ("sanne@", "Sender's domain"),
    ):
        sender.fill(typed)
        expect(readiness).to_contain_text(said)
        expect(sender).to_be_focused()
        expect(sender).to_have_value(typed)
        assert keys.announcements().count(said) == 1


def test_a_refused_form_puts_the_focus_on_the_first_wrong_field(page: Page, address: str) -> None:
    page.goto(address)
    choose_template(page)
    page.get_by_label("From email").fill("a@b")
    page.get_by_role("button", name="Create and send").click()
    expect(page.get_by_text("This is not an e-mail address.")).to_be_visible()
    expect(page.get_by_label("From email")).to_be_focused()


def test_a_lost_session_ends_in_a_sentence(
    page: Page, address: str, connected: Services, campaign: str, host: MemoryHost
) -> None:
    create_operation(
        connected, create_mailing(connected, campaign, "preparing"), step="subscribe_new"
    )
    page.goto(address)
    expect(page.get_by_text("Pending action...")).to_be_visible()
    host.login(None)
    expect(page.get_by_role("alert")).to_contain_text("You are no longer logged in.")


def test_polling_outlives_trouble_of_the_server(
    page: Page, address: str, connected: Services, campaign: str
) -> None:
    operation = create_operation(
        connected, create_mailing(connected, campaign, "preparing"), step="subscribe_new"
    )
    page.goto(address)
    expect(page.get_by_text("Pending action...")).to_be_visible()
    page.route("**/panel?**", lambda route: route.fulfill(status=500, body="down"))
    expect(page.get_by_text("That did not work.")).to_be_visible()
    expect(page.get_by_text("Pending action...")).to_be_visible()
    page.unroute("**/panel?**")
    session = connected.session()
    session.execute(update(Operation).where(Operation.id == operation).values(state="failed"))
    session.commit()
    expect(page.get_by_text("The work stopped before it was finished.")).to_be_visible()


def test_the_answer_of_a_poll_that_was_under_way_does_not_sweep_a_question_away(
    page: Page, address: str, connected: Services, campaign: str
) -> None:
    create_mailing(connected, campaign, "scheduled", schedule_at=connected.clock() + 9000)
    held: list[Route] = []
    page.route("**/panel?**", lambda route: held.append(route))
    page.clock.install()
    page.goto(address)
    page.evaluate(
        "document.addEventListener('htmx:afterRequest', () => { document.body.dataset.told = ''; })"
    )
    with page.expect_request("**/panel?**"):
        page.clock.run_for(16_000)
    page.get_by_role("button", name="Unschedule").click()
    held[0].fulfill(body="<section class='cxmc'>Another one</section>")
    expect(page.locator("body[data-told]")).to_be_attached()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_panel_that_comes_every_two_seconds_says_once_that_it_is_late(
    page: Page, address: str, connected: Services, campaign: str
) -> None:
    operation = create_operation(
        connected, create_mailing(connected, campaign, "preparing"), step="subscribe_new"
    )
    page.goto(address)
    expect(page.get_by_text("Pending action...")).to_be_visible()
    keys = Keyboard(page)
    keys.record_announcements()
    made_late = update(Operation).values(created_at=connected.clock() - 300)
    connected.session().execute(made_late.where(Operation.id == operation))
    connected.session().commit()
    for _ in range(4):
        with page.expect_response("**/panel?**"):
            pass
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    (announcement,) = keys.announcements()
    assert announcement.startswith("This is taking longer than usual")


def test_without_javascript_everything_works_and_follows_by_itself(
    chromium: Browser, address: str, queue: ManualQueue, standin: StandinServer
) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    choose_template(page)
    page.get_by_role("button", name="Create and send").click()
    expect(page.get_by_role("heading", name="Send to 5 people?", level=2)).to_be_visible()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Pending action...")).to_be_visible()
    assert page.url.startswith(address), "back in the host's page"
    queue.run_all()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible()
    assert len(standin.outbox.mails()) == 5
    page.context.close()


def test_a_page_that_follows_its_work_says_once_how_it_ended(
    page: Page, address: str, connected: Services, host: MemoryHost, queue: ManualQueue
) -> None:
    host.login("admin")
    page.goto(f"{address.partition('/campaigns')[0]}/cxmc/account")
    keys = Keyboard(page)
    keys.record_announcements()
    keys.activate("Initialize")
    expect(page.get_by_text("Connecting your MailChimp account")).to_be_visible()
    queue.run_all()
    expect(page.get_by_role("button", name="Initialize")).to_be_visible()
    expect(page.get_by_role("heading", name="MailChimp account", level=2)).to_be_focused()
    assert keys.announcements().count("Your MailChimp API key was updated") == 1
