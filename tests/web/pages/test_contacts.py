"""The page of the contacts that cost money but are not mailed."""

from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser
from tests.support.factories import create_mailing, create_recipient

CONTACTS = "/cxmc/control/contacts"


def unused_contacts(services: Services, count: int) -> None:
    session = services.session()
    list_id = session.scalar(select(Account.list_id)) or ""
    session.execute(update(Account).values(contact_limit=10_000, contacts_used=9_640))
    session.commit()
    long_ago = services.clock() - 400 * 86_400
    mailing = create_mailing(services, "old", "sent", sent_at=long_ago, list_id=list_id)
    for n in range(count):
        address = f"p{n}@people.example"
        create_recipient(
            services,
            mailing,
            name=f"Person {n}",
            address=address,
            member_hash=member_hash(address),
            in_audience=True,
        )


def test_it_lists_them_asks_and_archives(
    connected: Services, host: MemoryHost, browser: Browser, queue: ManualQueue
) -> None:
    host.login("admin")
    assert "There is nothing to archive." in browser.open_page(CONTACTS).text
    unused_contacts(connected, 102)
    page = browser.open_page(CONTACTS)
    assert "9,640 of 10,000 contacts are used." in page.text
    assert "102 contacts cost money and are not mailed" in page.text
    assert "The table shows the first 50." in page.text
    assert "Archive 102 contacts?" in browser.submit(CONTACTS).text
    page = browser.submit(CONTACTS, confirmed="yes", nonce="a-nonce-of-this-form")
    assert "Archiving unused contacts" in page.text
    browser.submit(CONTACTS, confirmed="yes", nonce="a-nonce-of-this-form")
    queue.run_all()
    page = browser.open_page(CONTACTS)
    assert "There is nothing to archive." in page.text
    refused = browser.submit(CONTACTS, status=409, confirmed="yes")
    assert "There are no unused contacts to archive." in refused.text


def test_without_an_account_there_is_nothing_to_archive(
    services: Services, host: MemoryHost, browser_without_js: Browser
) -> None:
    host.login("admin")
    page = browser_without_js.open_page(CONTACTS)
    assert "No MailChimp account is connected yet." in page.text


def test_a_campaign_that_was_stopped_tells_the_numbers(
    connected: Services, host: MemoryHost, campaign: str, browser: Browser
) -> None:
    host.login("recruiter")
    values = {"added": "812", "used": "9640", "limit": "10000"}
    problem = Problem("contact_limit_exceeded", values=values)
    create_mailing(connected, campaign, "not_ready", remote_id=None, problems=[problem.to_json()])
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "New contacts: 812; used: 9,640 of 10,000." in page.text
