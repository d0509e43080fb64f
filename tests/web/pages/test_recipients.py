"""The ledger: everybody with the one reason or status they have, a page at a time or as CSV."""

import csv
import datetime as dt
import io

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.sync.totals import top_links
from cxmc_ext.web.presentation.csv_export import escape_formula
from tests.support.browser import Browser
from tests.support.databases import on_both
from tests.support.factories import REPORT, SENT_AT, create_event, create_mailing, create_recipient


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


@pytest.mark.parametrize(
    ("values", "mailed", "label"),
    [
        ({"state": "cancelled", "emails_sent": 1, "report_fingerprint": "1"}, 1, "Not mailed"),
        ({"state": "cancelled", "emails_sent": 0}, 0, "Not mailed"),
        ({"state": "sent", "emails_sent": 1, "report_fingerprint": "1"}, 1, "Not mailed"),
        ({"state": "sent", "emails_sent": 2}, 1, "Will receive"),
        ({"state": "scheduled"}, 0, "Will receive"),
    ],
)
def test_nobody_will_receive_a_mail_that_is_over(
    connected: Services,
    campaign: str,
    browser: Browser,
    host: MemoryHost,
    values: dict[str, object],
    mailed: int,
    label: str,
) -> None:
    """Cancelled half-way in MailChimp, or skipped there: the report is complete without them."""
    person = host.add_person("never@people.example")
    mailing = create_mailing(connected, campaign, **values)  # type: ignore[arg-type]
    create_recipient(connected, mailing, name="Never", person_kind=person.kind, person_id=person.id)
    if mailed:
        create_recipient(connected, mailing, name="Reached", status=EventStatus.SENT)
    path = f"/cxmc/campaigns/{campaign}/recipients"
    page = browser.open_page(path).text
    assert f"Never {label}" in page
    assert ("Reached Sent" in page) is bool(mailed)
    assert {row["Name"]: row["Status"] for row in read_csv(browser, f"{path}.csv")}[
        "Never"
    ] == label
    is_mailed = values["state"] == "sent"
    assert ("Mailed 412" in page) is is_mailed, "the filter does not say so either"


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
    assert head[:5] == ["Name", "E-mail address", "Result", "Details", "Status"]
    names = [row[0] for row in rows]
    assert all(name.startswith("'") for name in names[:6])
    assert names[6] == 'An "o", ok'
    assert escape_formula("plain") == "plain"


@pytest.mark.slow
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


def read_csv(browser: Browser, path: str) -> list[dict[str, str]]:
    text = browser.get(path).get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


@on_both
def test_the_csv_tells_what_became_of_each_person(
    connected: Services, campaign: str, browser: Browser
) -> None:
    mailing = create_mailing(connected, campaign, "sent", sent_at=SENT_AT)
    anna = create_recipient(connected, mailing, name="Anna", status=EventStatus.CLICKED)
    create_recipient(connected, mailing, name="Out", reason=ExclusionReason.NO_ADDRESS, address="")
    create_recipient(
        connected, mailing, name="Shared", reason=ExclusionReason.DUPLICATE, primary_id=anna,
        status=EventStatus.CLICKED,
    )  # fmt: skip
    for kind, after in [
        (EventStatus.SENT, 0), (EventStatus.OPENED, 60), (EventStatus.OPENED, 90),
        (EventStatus.CLICKED, 120),
    ]:  # fmt: skip
        create_event(connected, mailing, anna, kind, SENT_AT + after)
    rows = read_csv(browser, f"/cxmc/campaigns/{campaign}/recipients.csv")
    by_name = {row["Name"]: row for row in rows}
    zone = connected.settings.zone
    opened = dt.datetime.fromtimestamp(SENT_AT + 60, zone).strftime("%Y-%m-%d %H:%M:%S")
    assert by_name["Anna"][f"First opened at ({zone.key})"] == opened
    assert (by_name["Anna"]["Opens"], by_name["Anna"]["Clicks"]) == ("2", "1")
    assert by_name["Anna"]["Links"] == f"https://jobs.example/{SENT_AT + 120} (1)"
    assert by_name["Shared"]["Clicks"] == "1"
    assert by_name["Out"]["Result"] == "No e-mail address"
    assert by_name["Out"]["Status"] == "Left out"
    assert by_name["Out"]["Opens"] == ""


@pytest.fixture
def clicked_link(connected: Services, campaign: str) -> ClickedLink:
    """A link that Anna clicked twice and Cora, who unsubscribed, once; Bert clicked another one."""
    mailing = create_mailing(connected, campaign, "sent", sent_at=SENT_AT)
    left = {"Cora": EventStatus.UNSUBSCRIBED}
    anna, bert, cora, _ = (
        create_recipient(
            connected, mailing, name=name, person_kind="candidate", person_id=str(number),
            status=left.get(name, EventStatus.CLICKED),
        )
        for number, name in enumerate(("Anna", "Bert", "Cora", "Dirk"), 1)
    )  # fmt: skip
    create_event(connected, mailing, anna, EventStatus.CLICKED, SENT_AT + 60)
    session = connected.session()
    link = session.scalars(select(ClickedLink)).one()
    click = {"kind": EventStatus.CLICKED, "link_id": link.id, "mailing_id": mailing}
    session.add(Event(recipient_id=cora, at=SENT_AT + 70, **click))
    session.add(Event(recipient_id=anna, at=SENT_AT + 80, **click))
    create_event(connected, mailing, bert, EventStatus.CLICKED, SENT_AT + 90)
    stored = session.get(Mailing, mailing)
    assert stored is not None
    stored.report = {**REPORT, **top_links(session, mailing)}
    session.commit()
    return link


@on_both
def test_a_link_leads_to_the_people_who_clicked_it(
    clicked_link: ClickedLink, campaign: str, browser: Browser
) -> None:
    report = browser.open_page(f"/cxmc/campaigns/{campaign}")
    path = f"/cxmc/campaigns/{campaign}/recipients?link={clicked_link.id}"
    assert path in [a["href"] for a in report.elements("a")]
    page = browser.open_page(path)
    assert clicked_link.url in page.text
    assert "2 clicks" in page.text
    people = [name for name in ("Anna", "Bert", "Cora", "Dirk") if name in page.text]
    assert people == ["Anna", "Cora"]
    rows = read_csv(browser, path.replace("recipients?", "recipients.csv?"))
    assert [row["Name"] for row in rows] == ["Anna", "Cora"]


@on_both
def test_the_people_of_a_link_become_a_new_campaign(
    clicked_link: ClickedLink, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/recipients?link={clicked_link.id}")
    assert "New campaign" in page.buttons()
    form = {"group": f"link-{clicked_link.id}", "title": "Klikkers", "nonce": "k" * 20}
    for _ in range(2):
        browser.post(f"/cxmc/campaigns/{campaign}/follow-up", **form)
    made = [ref for ref, one in host.campaigns.items() if one.title == "Klikkers"]
    assert [[ref.id for ref in host.members[campaign]] for campaign in made] == [["1"]]


@pytest.mark.slow
def test_a_link_of_another_campaign_shows_nobody(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    other = create_mailing(connected, host.add_campaign(), "sent")
    stranger = create_recipient(connected, other, name="Stranger")
    create_event(connected, other, stranger, EventStatus.CLICKED, SENT_AT)
    create_recipient(connected, mailing, name="Anna")
    link = connected.session().scalars(select(ClickedLink)).one()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/recipients?link={link.id}")
    assert "Nobody found." in page.text
    assert link.url not in page.text
    form = {"group": f"link-{link.id}", "title": "x", "nonce": "k" * 20}
    browser.submit(f"/cxmc/campaigns/{campaign}/follow-up", 422, **form)
