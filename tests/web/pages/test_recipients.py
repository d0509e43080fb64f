"""The ledger: everybody with the one reason or status they have, a page at a time or as CSV."""

import csv
import io

import pytest

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.web.presentation.csv_export import escape_formula
from tests.support.browser import Browser
from tests.support.factories import create_mailing, create_recipient


def test_before_creation_it_shows_the_campaign_as_it_is_now(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.add_to_campaign(campaign, host.add_person("", last_name="Zonder"))
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/recipients")
    assert "As they are now" in page.text
    assert "No e-mail address" in page.text
    left = browser.open_page(f"/cxmc/campaigns/{campaign}/recipients?reason=left")
    assert "Zonder" in left.text
    assert "p0@people.example" not in left.text


def test_afterwards_it_shows_whom_it_was_made_for(
    connected: Services, campaign: str, browser: Browser
) -> None:
    mailing = create_mailing(connected, campaign, "sent", counts={"status": {"opened": 1}})
    create_recipient(connected, mailing, name="Opener", status=EventStatus.OPENED)
    create_recipient(
        connected, mailing, name="Leaver", reason=ExclusionReason.COMPLIANCE, detail="said no"
    )
    path = f"/cxmc/campaigns/{campaign}/recipients"
    everybody = browser.open_page(path).text
    assert "Opener Opened jan@a.example" in everybody
    assert "MailChimp blocks this address said no jan@a.example" in everybody
    assert "Leaver" not in browser.open_page(f"{path}?status=opened").text
    assert "Opener" not in browser.open_page(f"{path}?reason=compliance").text
    assert "Leaver" not in browser.open_page(f"{path}?reason=none").text


def test_a_page_holds_a_hundred(connected: Services, campaign: str, browser: Browser) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    for n in range(103):
        create_recipient(connected, mailing, name=f"Number {n:03}")
    path = f"/cxmc/campaigns/{campaign}/recipients"
    first = browser.open_page(path)
    assert "1 to 100" in first.text
    following = next(a["href"] for a in first.elements("a") if a.get("rel") == "next")
    second = browser.open_page(following)
    assert "101 to 103" in second.text
    assert "Number 102" in second.text
    assert not [a for a in second.elements("a") if a.get("rel") == "next"]
    assert "Nobody found." in browser.open_page(f"{path}?page=99999999999").text


@pytest.mark.parametrize("count", [100, 101])
def test_a_full_page_before_creation_leads_nowhere(
    campaign: str, browser: Browser, host: MemoryHost, count: int
) -> None:
    host.members[campaign].clear()
    refs = [host.add_person(f"p{n}@people.example") for n in range(count)]
    host.add_to_campaign(campaign, *refs)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/recipients")
    assert "1 to 100" in page.text
    assert any(a.get("rel") == "next" for a in page.elements("a")) is (count > 100)


def test_the_table_cannot_carry_a_formula(
    connected: Services, campaign: str, browser: Browser
) -> None:
    mailing = create_mailing(connected, campaign, "sent", campaign_title="x")
    for name in ('=HYPERLINK("http://evil")', "+1", "-1", "@SUM(A1)", "\t=1", "＝1", 'An "o", ok'):
        create_recipient(connected, mailing, name=name)
    answer = browser.get(f"/cxmc/campaigns/{campaign}/recipients.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == ('attachment; filename="Vacatures-week-48.csv"')
    text = answer.get_data(as_text=True).removeprefix("\ufeff")
    head, *rows = csv.reader(io.StringIO(text))
    assert head == ["Name", "E-mail address", "Result", "Details", "Status"]
    names = [row[0] for row in rows]
    assert all(name.startswith("'") for name in names[:6])
    assert names[6] == 'An "o", ok'
    assert escape_formula("plain") == "plain"


def test_a_long_table_comes_whole_and_in_order(
    connected: Services, campaign: str, browser: Browser
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    session = connected.session()
    create_recipient(connected, mailing, name="0000")
    session.add_all(Recipient(mailing_id=mailing, name=f"{n:04}") for n in range(1, 2100))
    session.commit()
    text = browser.get(f"/cxmc/campaigns/{campaign}/recipients.csv").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(text)))[1:]
    assert [row[0] for row in rows] == [f"{n:04}" for n in range(2100)]
