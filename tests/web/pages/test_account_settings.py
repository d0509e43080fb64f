"""The settings of the account: the plan's limit of contacts, and what the form says about it."""

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser

SETTINGS = "/cxmc/account/settings"


@pytest.fixture
def admin_browser(connected: Services, host: MemoryHost, browser: Browser) -> Browser:
    host.login("admin")
    return browser


@pytest.mark.parametrize("typed", ["10000", "10.000", "10,000", " 10 000 "])
def test_the_limit_is_stored_and_audited_once(
    connected: Services, admin_browser: Browser, typed: str
) -> None:
    for _ in range(2):
        page = admin_browser.submit(SETTINGS, contact_limit=typed)
    assert page.field("contact_limit")["value"].strip() == typed.strip()
    assert admin_browser.open_page("/cxmc/account").field("contact_limit")["value"] == "10000"
    entries = connected.session().scalars(select(Audit.subject).where(Audit.action == "settings"))
    assert list(entries) == ["contact_limit: 10000"]


@pytest.mark.parametrize("typed", ["ten", "-5", "1e4", "10.00", "99999999", "1\u0664"])
def test_what_is_no_number_is_refused_and_kept(admin_browser: Browser, typed: str) -> None:
    page = admin_browser.submit(SETTINGS, status=422, contact_limit=typed)
    assert "This is not a number of contacts." in page.text
    assert page.field("contact_limit")["value"] == typed


def test_without_javascript_it_returns_to_the_page(
    connected: Services, host: MemoryHost, browser_without_js: Browser
) -> None:
    host.login("admin")
    answer = browser_without_js.post(SETTINGS, contact_limit="500")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cxmc/account")
    assert "The settings were saved." in browser_without_js.open_page("/cxmc/account").text


@pytest.mark.parametrize(
    ("used", "text"),
    [
        (100, "Adds 5 contacts; 100 of 10,000 used"),
        (9_900, "The plan has little room left for new contacts."),
        (9_996, "Archive contacts that are not mailed"),
    ],
)
def test_the_form_says_what_a_send_adds(
    connected: Services, campaign: str, browser: Browser, used: int, text: str
) -> None:
    connected.session().execute(update(Account).values(contact_limit=10_000, contacts_used=used))
    connected.session().commit()
    assert text in browser.open_page(f"/cxmc/campaigns/{campaign}").text
