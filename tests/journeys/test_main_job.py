"""The main job in a browser: activate, connect, add people, send, read what became of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cxmc_ext.standin import DEMO_KEY
from tests.journeys.crm_actions import (
    add_selected,
    fill_form,
    follow_link,
    new_campaign,
    open_list,
    open_tab,
    send_now,
    update_now,
)
from tests.journeys.crm_database import (
    count_opt_out_groups,
    event_keys,
    expected_addresses,
    opted_out_person_ids,
    recipients_with_wrong_status,
    unsubscribed_person_url,
)
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """Ids of the campaigns by title, kept between the steps of the journey."""
    return {}


def test_the_administrator_activates_and_the_block_ends_active(
    sign_in: SignIn, demo: DemoProcess
) -> None:
    page = sign_in("admin")
    page.get_by_role("link", name="Settings", exact=True).first.click()
    block = page.get_by_role("region", name="MailChimp")
    expect(block).to_contain_text("NO")
    block.get_by_role("button", name="Activate", exact=True).click()
    expect(
        page.get_by_text(
            "MailChimp is activated. The feature will be available within 15 minutes."
        ).first
    ).to_be_visible()
    expect(block).to_contain_text("YES")
    expect(block).to_contain_text("Active", timeout=20_000)
    assert count_opt_out_groups(demo.folder) == (1, 2)


def test_without_a_key_the_tab_says_what_is_missing_and_the_key_connects(
    sign_in: SignIn, titles: dict[str, str]
) -> None:
    page = sign_in("admin")
    titles["first"] = new_campaign(page, "Eerste mailing")
    open_tab(page, titles["first"])
    expect(page.get_by_text("Got empty templates list from MailChimp.").first).to_be_visible()
    page.get_by_role("button", name="Settings", exact=True).click()
    page.get_by_label("API key").fill("x-evil.com/#")
    page.get_by_role("button", name="Initialize").click()
    expect(page.get_by_text("This is not a MailChimp API key.").first).to_be_visible()
    page.get_by_label("API key").fill(DEMO_KEY)
    page.get_by_role("button", name="Initialize").click()
    expect(page.get_by_text("Your MailChimp API key was updated").first).to_be_visible(
        timeout=20_000
    )
    assert DEMO_KEY not in page.content()


def test_the_recruiter_sends_to_everyone_reachable_and_nobody_else(
    sign_in: SignIn, demo: DemoProcess, titles: dict[str, str]
) -> None:
    page = sign_in("recruiter")
    titles["sent"] = new_campaign(page, "Vacatures voor december")
    for menu in ("Candidates", "Contacts"):
        open_list(page, menu)
        page.get_by_role("checkbox", name="Select this page").check()
        add_selected(page, "Vacatures voor december")
    open_tab(page, titles["sent"])
    expect(page.get_by_label("Subject")).to_have_value("Vacatures voor december")
    fill_form(page, "Support")
    send_now(page)
    expect(
        page.get_by_text("Pending action...").or_(page.get_by_text("Reports for Campaign")).first
    ).to_be_visible()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible(timeout=30_000)
    wanted, unwanted = expected_addresses(demo.folder, titles["sent"])
    assert len(wanted) > 20
    assert unwanted, "the seed has opted-out people on the first page"
    got = wait_until(lambda: len(demo.outbox()) >= len(wanted) and demo.outbox(), 20)
    addresses = [mail["address"].lower() for mail in got]
    assert sorted(addresses) == sorted(wanted)
    assert not unwanted & set(addresses)


def test_pressing_back_and_send_again_mails_nobody_twice(
    sign_in: SignIn, demo: DemoProcess, titles: dict[str, str]
) -> None:
    before = len(demo.outbox())
    page = sign_in("recruiter")
    open_tab(page, titles["sent"])
    page.reload()
    expect(page.get_by_text("Reports for Campaign")).to_be_visible()
    expect(page.get_by_role("button", name="Create and send")).to_have_count(0)
    assert len(demo.outbox()) == before


def test_after_a_day_the_activities_are_here_once(
    sign_in: SignIn, demo: DemoProcess, titles: dict[str, str]
) -> None:
    page = sign_in("recruiter")
    standin = page.context.new_page()
    standin.goto(demo.standin_url)
    with standin.expect_navigation():
        standin.get_by_role("button", name="Run a day").first.click()
    out_before = len(opted_out_person_ids(demo.folder))
    update_now(page, titles["sent"], demo.folder)
    first = event_keys(demo.folder)
    kinds = {kind for _, kind, *_ in first}
    assert kinds == {1, 2, 3, 4, 5}, "sent, bounced, opened, clicked, unsubscribed"
    assert len(opted_out_person_ids(demo.folder)) > out_before
    assert recipients_with_wrong_status(demo.folder) == []
    update_now(page, titles["sent"], demo.folder)
    assert event_keys(demo.folder) == first
    shown = follow_link(page, page.get_by_role("tab", name="Activities"))
    while page.get_by_role("link", name="Older").count():
        shown += follow_link(page, page.get_by_role("link", name="Older"))
    for word in ("Sent", "Bounced", "Opened", "Clicked", "Unsubscribed"):
        assert f"{word} ·" in shown


def test_a_person_page_shows_what_became_of_the_mail(sign_in: SignIn, demo: DemoProcess) -> None:
    page = sign_in("recruiter")
    page.goto(unsubscribed_person_url(demo.folder))
    expect(page.get_by_text("opted out").first).to_be_visible()
    page.get_by_role("tab", name="Activities").click()
    expect(page.get_by_text("Unsubscribed", exact=True).first).to_be_visible()
    expect(page.get_by_text("Vacatures voor december").first).to_be_visible()
