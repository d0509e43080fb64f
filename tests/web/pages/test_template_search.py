"""The choice of a template in an account that has many."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser, Page
from tests.support.factories import store_templates

TYPED = {
    "subject": "Vacatures in de zorg",
    "from_name": "Team Zorg",
    "from_email": "zorg@cedarstaffing.example",
    "date": "2027-01-04",
    "time": "09:45",
    "test_to": "chef@cedarstaffing.example",
}


@pytest.fixture
def many(connected: Services, campaign: str) -> str:
    """The campaign, in an account of 200 templates; ids from 1."""
    store_templates(connected, 200)
    return campaign


def at(campaign: str) -> str:
    return f"/cxmc/campaigns/{campaign}/templates"


def offered(page: Page) -> list[str]:
    """Ids that can be chosen, as the list has them."""
    options = [a for a in page.elements("option") if a.get("value", "").isdigit()]
    return [a["value"] for a in options if "disabled" not in a]


def chosen(page: Page) -> list[str]:
    return [a["value"] for a in page.elements("option") if "selected" in a and a.get("value")]


@pytest.mark.parametrize(("count", "searched"), [(12, False), (13, True)])
def test_a_small_account_has_the_list_alone(
    connected: Services, campaign: str, browser: Browser, count: int, searched: bool
) -> None:
    store_templates(connected, count)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert ("Find by name" in page.text) is searched
    assert len(offered(page)) == count


def test_a_search_finds_words_in_any_order_whatever_their_capitals_and_accents(
    connected: Services, campaign: str, browser: Browser
) -> None:
    names = ["Café en bar, week 1", "CAFE week 2", "Week 3", *(f"Zorg {n}" for n in range(20))]
    store_templates(connected, names=names)
    page = browser.submit(at(campaign), template_search=" week  cafe ")
    assert offered(page) == ["1", "2"]
    assert "2 of 23 templates match “week cafe”." in page.text
    assert offered(browser.submit(at(campaign), template_search="CAFÉ")) == ["1", "2"]
    assert len(offered(browser.submit(at(campaign), template_search=""))) == 23


def test_the_answer_is_the_list_alone_and_is_said_once(many: str, browser: Browser) -> None:
    answer = browser.post(at(many), template_search="nummer 0117")
    page = Page(answer.get_data(as_text=True))
    assert offered(page) == ["117"]
    assert not page.elements("form")
    said = "1 of 200 templates matches “nummer 0117”."
    assert said in page.text
    told = json.loads(answer.headers["HX-Trigger"])
    assert told == {"cxmc:announce": said}
    assert "HX-Trigger" not in browser.post(at(many), template_search="").headers


def test_nothing_found_names_the_remedy(many: str, browser: Browser) -> None:
    page = browser.submit(at(many), template_search="<kerst>")
    assert offered(page) == []
    assert "None of 200 templates matches “<kerst>”." in page.text
    assert "Try fewer or other words, or press “Refresh” if it is new." in page.text
    assert "Refresh" in page.buttons()


def test_the_chosen_template_stays_chosen_whatever_is_searched(many: str, browser: Browser) -> None:
    page = browser.submit(at(many), template_search="nummer 0117", template_id="5")
    assert offered(page) == ["5", "117"]
    assert chosen(page) == ["5"]
    assert "1 of 200 templates matches “nummer 0117”. The chosen template stays" in page.text
    page = browser.submit(at(many), template_search="nummer 0005", template_id="5")
    assert chosen(page) == ["5"]
    assert offered(page).count("5") == 1
    assert "stays in the list" not in page.text


def test_without_javascript_a_button_searches_and_everything_typed_stays(
    many: str, browser: Browser, browser_without_js: Browser
) -> None:
    page = browser_without_js.open_page(f"/cxmc/campaigns/{many}")
    button = next(a for a in page.elements("button") if a.get("formaction") == at(many))
    assert "formnovalidate" in button
    assert "Find" not in browser.open_page(f"/cxmc/campaigns/{many}").buttons()
    page = browser_without_js.submit(
        at(many), **TYPED, template_id="5", template_search="nummer 0117"
    )
    assert page.elements("html")
    for name in ("subject", "from_name", "from_email", "date", "test_to"):
        assert page.field(name)["value"] == TYPED[name]
    assert page.field("template_search")["value"] == "nummer 0117"
    assert offered(page) == ["5", "117"]
    assert chosen(page) == ["5"]
    assert "<option selected>09:45" in page.html


def test_a_refused_form_keeps_the_search(many: str, browser: Browser) -> None:
    given = {
        **TYPED,
        "subject": "",
        "template_id": "5",
        "template_search": "nummer 0117",
        "confirmed": "yes",
    }
    page = browser.submit(f"/cxmc/campaigns/{many}/send", 422, **given)
    assert page.field("template_search")["value"] == "nummer 0117"
    assert offered(page) == ["5", "117"]


def test_of_a_huge_account_the_newest_are_listed_and_the_others_found(
    connected: Services, campaign: str, browser: Browser
) -> None:
    store_templates(connected, 1000)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert len(offered(page)) == 200
    assert "The list shows the newest 200; find the others by name." in page.text
    found = browser.submit(at(campaign), template_search="nummer 0987")
    assert offered(found) == ["987"]
    both = browser.submit(at(campaign), template_search="sjabloon", template_id="987")
    assert len(offered(both)) == 201
    assert "1,000 of 1,000 templates match “sjabloon”. The list shows the newest 200" in both.text


def test_a_search_reads_two_rows_and_counts_nobody(
    many: str, browser: Browser, connected: Services, host: MemoryHost
) -> None:
    def nobody(*_: object) -> None:
        raise AssertionError("the people of the campaign are not looked at")

    host.people = nobody  # type: ignore[assignment, method-assign]
    statements: list[str] = []
    bind = connected.session().get_bind()
    event.listen(bind, "before_cursor_execute", lambda *a: statements.append(a[2]))
    browser.submit(at(many), template_search="nummer 011")
    assert len([s for s in statements if s.startswith("SELECT")]) == 2, statements


def test_the_form_of_two_hundred_templates_is_light(
    many: str, browser_without_js: Browser, client: FlaskClient
) -> None:
    page = browser_without_js.open_page(f"/cxmc/campaigns/{many}")
    assert len(offered(page)) == 200
    assert len([a for _, a in page.tags if "data-cxmc-template" in a]) == 12
    zipped = {"Accept-Encoding": "gzip"}
    icons = {use["href"].partition("#")[0] for use in page.elements("use")}
    script = page.elements("script")[0]
    parts = {page.elements("link")[0]["href"], script["src"], script["data-htmx-url"], *icons}
    sizes = {part: len(client.get(part, headers=zipped).data) for part in parts}
    sizes["page"] = len(page.html.encode())
    assert sum(sizes.values()) < 60_000, sizes


def test_a_search_in_dutch(many: str, browser: Browser, host: MemoryHost) -> None:
    host.locale = lambda: "nl"  # type: ignore[attr-defined]
    assert "Zoek op naam" in browser.open_page(f"/cxmc/campaigns/{many}").text
    page = browser.submit(at(many), template_search="nummer 0117", template_id="5")
    assert "Bij “nummer 0117” past 1 van de 200 sjablonen. Het gekozen sjabloon blijft" in page.text
    assert (
        "Geen van de 200 sjablonen past bij “x”."
        in browser.submit(at(many), template_search="x").text
    )
