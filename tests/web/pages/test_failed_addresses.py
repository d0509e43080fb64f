"""“Addresses that do not work”: the list per owner, its CSV, and the notice on a person's page."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import event

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.failed_addresses import AddressFailure, FailureReason
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.opt_outs.failed_addresses import record_failures
from tests.support.browser import Browser, Page
from tests.support.databases import on_both
from tests.support.factories import SENT_AT, create_mailing

pytestmark = on_both

PATH = "/cxmc/addresses"
ROSA, PIET = "recruiter@cedarstaffing.example", "piet@cedarstaffing.example"


def fail(services: Services, *addresses: str, mailing: int | None = None) -> None:
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    title = "Vacatures" if mailing else ""
    reason = FailureReason.HARD_BOUNCE if mailing else FailureReason.CLEANED
    failures = [AddressFailure(one, reason, SENT_AT, mailing, title) for one in addresses]
    record_failures(services, account_id, failures)
    session.commit()


@pytest.fixture
def failed(connected: Services, campaign: str, host: MemoryHost) -> list[PersonRef]:
    """One person of Rosa's who bounced in a campaign, one of Piet's who was cleaned."""
    mailing = create_mailing(connected, campaign, "sent", campaign_title="Vacatures")
    people = [
        host.add_person("a@fout.example", first_name="Anna", owner_name="Rosa", owner_email=ROSA),
        host.add_person("b@fout.example", first_name="Bram", owner_name="Piet", owner_email=PIET),
    ]
    fail(connected, "a@fout.example", mailing=mailing)
    fail(connected, "b@fout.example")
    return people


def test_the_list_names_people_addresses_reasons_and_owners(
    failed: list[PersonRef], host: MemoryHost, browser: Browser
) -> None:
    page = browser.open_page(PATH)
    assert "Anna Jansen a@fout.example Mail bounced for good" in page.text
    assert "b@fout.example MailChimp mails this address no more (cleaned)" in page.text
    links = {a["href"] for a in page.elements("a")}
    assert {host.person_url(ref) for ref in failed} | {host.tab_url("1")} <= links
    mine = browser.open_page(f"{PATH}?owner=mine")
    assert "Anna" in mine.text
    assert "Bram" not in mine.text
    assert "My people 1" in mine.text
    assert "Bram" in browser.open_page(f"{PATH}?owner={PIET}").text
    assert "No address is known to fail." in browser.open_page(f"{PATH}?owner=nobody").text


def test_a_corrected_address_leaves_the_list_at_once(
    failed: list[PersonRef], host: MemoryHost, browser: Browser, show: Callable[..., Page]
) -> None:
    anna, _ = failed
    slot = f"{{{{ cxmc_activities(ada.__class__(ada.kind, '{anna.id}')) }}}}"
    assert "Mail to a@fout.example does not arrive." in show(slot).text
    host.persons[anna] = replace(host.persons[anna], address="goed@kantoor.example")
    assert "Anna" not in browser.open_page(PATH).text
    assert "does not arrive" not in show(slot).text


def test_the_csv_has_everybody_and_no_formula(
    failed: list[PersonRef], connected: Services, host: MemoryHost, browser: Browser
) -> None:
    host.add_person("c@fout.example", first_name="=1+1", owner_name="Rosa", owner_email=ROSA)
    fail(connected, "c@fout.example")
    answer = browser.get(f"{PATH}.csv?owner=mine")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert [row[:2] for row in rows[1:]] == [
        ["'=1+1 Jansen", "c@fout.example"],
        ["Anna Jansen", "a@fout.example"],
    ]
    assert rows[2][2:5] == ["Mail bounced for good", "Vacatures", "Rosa"]


def test_pages_follow_each_other_and_cost_the_same(
    connected: Services, campaign: str, host: MemoryHost, browser: Browser
) -> None:
    addresses = [f"p{n}@fout.example" for n in range(120)]
    for address in addresses:
        host.add_person(address, owner_email=ROSA)
    fail(connected, *addresses)
    statements: list[str] = []
    engine = connected.session().get_bind()
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    shown, url, costs = [], PATH, []
    while url:
        statements.clear()
        page = browser.open_page(url)
        costs.append(len(statements))
        shown += [word for word in page.text.split() if word.endswith("@fout.example")]
        url = next((a["href"] for a in page.elements("a") if a.get("rel") == "next"), "")
    assert sorted(shown) == sorted(addresses)
    assert len(costs) == 3
    assert max(costs) <= min(costs) + 1 <= 12


def test_only_who_may_send_sees_the_list(
    failed: list[PersonRef], host: MemoryHost, browser: Browser
) -> None:
    host.login("intern")
    assert browser.get(PATH).status_code == 404
    assert browser.get(f"{PATH}.csv").status_code == 404


@pytest.mark.parametrize("query", ["owner=%00", "before=x", "owner=", "before=999999999999999"])
def test_odd_requests_get_a_list(failed: list[PersonRef], browser: Browser, query: str) -> None:
    assert "Addresses that do not work" in browser.open_page(f"{PATH}?{query}").text
