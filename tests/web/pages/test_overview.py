"""The campaign overview: what it lists, for whom, in which order, and what a page costs."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.people import Right
from cxmc_ext.services import Services
from cxmc_ext.testing import Clock, MemoryHost
from tests.support.browser import Browser, Page
from tests.support.databases import on_both
from tests.support.factories import create_mailing

PATH = "/cxmc/campaigns"
pytestmark = on_both


@pytest.fixture
def browser(connected: Services, host: MemoryHost, client: FlaskClient) -> Browser:
    host.login("recruiter")
    return Browser(client, javascript=False)


def add(
    services: Services, host: MemoryHost, title: str, state: str = "sent", **values: object
) -> str:
    ref = host.add_campaign(title)
    create_mailing(services, ref, state, campaign_title=title, **values)
    return ref


def titles(page: Page) -> list[str]:
    """In the table, in order."""
    table = Page(page.html.partition("<tbody>")[2].partition("</tbody>")[0])
    links = table.html.split('class="cxmc-title"')[1:]
    return [Page("<td" + link.partition("</a>")[0]).text for link in links]


def test_a_campaign_shows_state_date_sender_recipients_and_rates(
    browser: Browser, connected: Services, host: MemoryHost
) -> None:
    values = {
        "sent_at": connected.clock(),
        "emails_sent": 408,
        "requested_by_name": "Rosa Recruiter",
    }
    ref = add(connected, host, "Week 40", open_rate=0.415, click_rate=0.1, **values)
    page = browser.open_page(PATH)
    row = page.html.partition("<tbody>")[2].partition("</tbody>")[0]
    for words in ("Week 40", "Sent", "Rosa Recruiter", "408", "41.5 %", "10.0 %"):
        assert words in Page(row).text, words
    assert host.tab_url(ref) in {link["href"] for link in page.elements("a")}


def test_what_the_viewer_may_not_see_is_not_listed_and_does_not_leave_gaps(
    browser: Browser, connected: Services, host: MemoryHost
) -> None:
    hidden = []
    for number in range(60):
        add(connected, host, f"Mine {number:02}", sent_at=1000 - number)
        hidden.append(add(connected, host, f"Secret {number:02}", sent_at=1000 - number))
    for ref in hidden:
        del host.campaigns[ref]
    seen: list[str] = []
    path: str | None = PATH
    while path:
        page = browser.open_page(path)
        assert "Secret" not in page.text
        seen += titles(page)
        path = next((a["href"] for a in page.elements("a") if a.get("rel") == "next"), None)
    assert seen == [f"Mine {number:02}" for number in range(60)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["B", "C", "A"]),
        ("title", ["A", "B", "C"]),
        ("recipients", ["C", "A", "B"]),
        ("opened", ["A", "C", "B"]),
        ("clicked", ["B", "A", "C"]),
        ("nonsense", ["B", "C", "A"]),
    ],
)
def test_it_is_sorted(
    browser: Browser, connected: Services, host: MemoryHost, sort: str, expected: list[str]
) -> None:
    add(connected, host, "A", sent_at=10, mailable_count=5, open_rate=0.5, click_rate=0.1)
    add(connected, host, "B", sent_at=30, mailable_count=2, open_rate=None, click_rate=0.2)
    add(connected, host, "C", sent_at=20, mailable_count=9, open_rate=0.4, click_rate=None)
    assert titles(browser.open_page(f"{PATH}?sort={sort}")) == expected


def test_filter_and_search_are_kept_by_every_link(
    browser: Browser, connected: Services, host: MemoryHost
) -> None:
    add(connected, host, "Vacatures zorg 100%")
    add(connected, host, "Vacatures bouw", "scheduled", schedule_at=connected.clock() + 7200)
    add(connected, host, "Nieuwsbrief", "attention")
    assert titles(browser.open_page(f"{PATH}?q=VACATURES")) == [
        "Vacatures bouw",
        "Vacatures zorg 100%",
    ]
    assert titles(browser.open_page(f"{PATH}?q=0%25")) == ["Vacatures zorg 100%"]
    assert titles(browser.open_page(f"{PATH}?q=vacatures&state=scheduled")) == ["Vacatures bouw"]
    assert titles(browser.open_page(f"{PATH}?state=person")) == ["Nieuwsbrief"]
    page = browser.open_page(f"{PATH}?q=vacatures&state=sent&sort=opened")
    chip = next(a["href"] for a in page.elements("a") if "state=scheduled" in a["href"])
    assert "q=vacatures" in chip
    assert "sort=opened" in chip
    assert "No campaign found." in browser.open_page(f"{PATH}?q=nothing%00").text


def test_scheduled_campaigns_are_a_calendar_by_day(
    browser: Browser, connected: Services, host: MemoryHost, clock: Clock
) -> None:
    day = 86_400
    monday = clock() - clock() % day + 5 * day + 9 * 3600
    for title, at in (("Later", monday + day), ("Second", monday + 900), ("First", monday)):
        add(connected, host, title, "scheduled", schedule_at=at)
    calendar = (
        browser.open_page(PATH).html.partition('class="cxmc-calendar"')[2].partition("</ol>")[0]
    )
    assert calendar.count("<h4>") == 2
    text = Page(calendar).text
    assert text.index("First") < text.index("Second") < text.index("Later")


def test_the_average_is_that_of_the_viewers_own_campaigns(
    browser: Browser, connected: Services, host: MemoryHost
) -> None:
    mine = {"requested_by_id": host.users["recruiter"][0].id}
    add(connected, host, "One", open_rate=0.2, click_rate=0.0, **mine)
    add(connected, host, "Two", open_rate=0.4, click_rate=0.1, **mine)
    add(connected, host, "Of Bram", open_rate=0.9, click_rate=0.9, requested_by_id="bram")
    page = browser.open_page(PATH)
    assert "You have sent 2 campaigns: on average 30.0 % opened, 5.0 % clicked." in page.text
    assert page.html.count('class="cxmc-above"') == 4, "two rates of “Of Bram”, two of “Two”"


def test_only_who_may_see_tabs_enters_and_only_while_it_is_active(
    browser: Browser, connected: Services, host: MemoryHost
) -> None:
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.ACTIVATE}))
    browser.open_page(PATH, 404)
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.TAB}))
    browser.open_page(PATH)
    account = connected.session().scalars(select(Account)).one()
    account.state = "inactive"  # type: ignore[assignment]
    connected.session().commit()
    browser.open_page(PATH, 404)


@pytest.fixture
def statements(app: Flask, connected: Services) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = connected.session().get_bind().engine

    def note(_c: object, _cursor: object, text: str, *_: object) -> None:
        seen.append(text)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def count_statements(browser: Browser, statements: list[str]) -> int:
    """Of a page that was opened before: nothing has to be read again after a commit."""
    browser.open_page(PATH)
    statements.clear()
    browser.open_page(PATH)
    return len(statements)


def test_a_page_of_a_thousand_mailings_costs_a_constant_number_of_statements(
    browser: Browser, connected: Services, host: MemoryHost, statements: list[str]
) -> None:
    add(connected, host, "The only one")
    of_one = count_statements(browser, statements)
    session = connected.session()
    account_id = session.scalars(select(Account.id)).one()
    rows = [
        {
            "account_id": account_id,
            "campaign_ref": host.add_campaign(f"Number {n}"),
            "campaign_title": f"Number {n}",
            "state": MailingState.SCHEDULED if n % 10 == 0 else MailingState.SENT,
            "schedule_at": connected.clock() + n * 60,
            "people_count": 40_000,
            "mailable_count": 40_000,
        }
        for n in range(1000)
    ]
    session.execute(insert(Mailing), rows)
    session.commit()
    assert count_statements(browser, statements) == of_one
    assert of_one <= 7
    page = browser.open_page(PATH)
    assert len(titles(page)) == 25
    assert len(page.html.encode()) < 40_000
