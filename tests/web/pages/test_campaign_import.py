"""Importing campaigns that were created in MailChimp: the notice, the progress, and the screens."""

import pytest

from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_LIST, StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts.details import request_refresh
from tests.support.browser import Browser

ACCOUNT, OVERVIEW, IMPORT = "/cxmc/account", "/cxmc/campaigns", "/cxmc/account/import"
NOTICE = "1 campaign of this account was not created here."


@pytest.fixture
def found(connected: Services, host: MemoryHost, queue: ManualQueue, standin: StandinServer) -> str:
    """A campaign that somebody sent from MailChimp, to one person of the CRM and nineteen others."""
    remote = standin.actions.send_by_hand(DEMO_LIST, "Zomerbrief", "Zomer")
    host.add_person("anna.deboer@relaties.example", first_name="Anna")
    request_refresh(connected, Press(host.users["admin"][0], "a-nonce-to-refresh"))
    queue.run_all()
    host.login("admin")
    return remote


def test_the_notice_the_progress_and_the_overview(
    found: str, browser: Browser, queue: ManualQueue
) -> None:
    assert NOTICE in browser.open_page(ACCOUNT).text
    assert NOTICE in browser.open_page(OVERVIEW).text
    for _ in range(2):
        page = browser.submit(IMPORT, nonce="a-nonce-of-this-form")
    assert "Importing campaigns from MailChimp" in page.text
    assert "0 campaigns imported so far" in page.text
    queue.run_all()
    assert "1 campaign was imported last time." in browser.open_page(ACCOUNT).text
    overview = browser.open_page(OVERVIEW).text
    assert "Zomerbrief" in overview
    assert "Created in MailChimp" in overview
    assert NOTICE not in overview
    refused = browser.submit(IMPORT, status=409, nonce="another-nonce-of-a-form")
    assert "There is no campaign to import." in refused.text


def test_its_report_its_recipients_and_the_export(
    found: str, host: MemoryHost, browser: Browser, queue: ManualQueue, standin: StandinServer
) -> None:
    url = next(iter(standin.state.find_campaign(found)[1].links))  # type: ignore[index]
    for name in ("anna.deboer", "carla.jansen"):
        standin.actions.click(found, f"{name}@relaties.example", url)
    browser.submit(IMPORT, nonce="a-nonce-of-this-form")
    queue.run_all()
    (ref,) = host.campaigns
    report = browser.open_page(f"{OVERVIEW}/{ref}").text
    for text in ("Created in MailChimp", "19 recipients are not in the CRM", url):
        assert text in report
    for offer in ("Mail it again", "Delete campaign", "Unschedule"):
        assert offer not in report
    recipients = browser.open_page(f"{OVERVIEW}/{ref}/recipients").text
    assert "Anna Jansen" in recipients
    assert recipients.count("Not in the CRM") == 19
    assert "Will receive" not in recipients
    listed = browser.open_page(f"{OVERVIEW}/{ref}/recipients.csv").text
    assert "anna.deboer@relaties.example" in listed
    assert "carla.jansen@relaties.example" in listed


@pytest.mark.usefixtures("found")
def test_who_may_not_configure_sees_no_notice(host: MemoryHost, browser: Browser) -> None:
    host.login("recruiter")
    assert NOTICE not in browser.open_page(OVERVIEW).text
    browser.submit(IMPORT, status=404, nonce="a-nonce-of-this-form")
