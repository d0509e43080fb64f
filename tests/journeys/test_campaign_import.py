"""A campaign that a colleague sent from MailChimp: found when the account is connected, imported, read."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cxmc_ext.standin import DEMO_LIST
from tests.support.demo_process import DemoProcess

pytestmark = pytest.mark.slow

SignIn = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def campaign_of_before(demo: DemoProcess, request: pytest.FixtureRequest) -> None:
    """Sent in MailChimp before the account was connected."""
    demo.act("send_by_hand", audience=DEMO_LIST, title="Zomerbrief", subject="Zomer")
    request.getfixturevalue("connected")


def test_an_administrator_imports_it_and_reads_its_report(sign_in: SignIn) -> None:
    page = sign_in("admin")
    page.goto("/cxmc/campaigns")
    expect(page.get_by_text("1 campaign of this account was not created here.")).to_be_visible()
    page.get_by_role("button", name="Import").dblclick()
    # The card follows the import by itself, and leaves a key alone that is being typed meanwhile.
    key = page.get_by_label("API key")
    key.fill("half a key")
    expect(page.get_by_text("1 campaign was imported last time.")).to_be_visible()
    expect(key).to_have_value("half a key")
    page.get_by_role("link", name="Campaign overview").click()
    row = page.get_by_role("row", name="Zomerbrief")
    expect(row).to_contain_text("Created in MailChimp")
    row.get_by_role("link", name="Zomerbrief").click()
    expect(page.get_by_text("20 recipients are not in the CRM")).to_be_visible()
    page.reload()
    page.get_by_role("link", name="See everybody").click()
    expect(page.get_by_role("row", name="Not in the CRM")).to_have_count(20)
