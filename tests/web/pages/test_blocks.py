"""Lists of the CRM as a person puts them into a mail, up to their clicks."""

from collections.abc import Callable

import pytest

from cxmc_ext.domain.blocks import Block, BlockItem
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.notices.reading import stored_events
from cxmc_ext.usecases.sync import schedule as sync_schedule
from tests.support.browser import Browser, Page
from tests.support.factories import send_form

HTML = '<div mc:edit="intro"><p>Dag</p></div><div mc:edit="lijst"><p>Leeg</p></div>*|UNSUB|*'
SITE = "https://site.example/v"
TITLES = ("Lasser", "Kok", "Monteur")


def vacancies(*titles: str) -> Block:
    items = [BlockItem(str(n), title, f"{SITE}/{n}") for n, title in enumerate(titles, 1)]
    return Block("vacancies", "Vacatures", items)


@pytest.fixture
def ref(
    connected: Services,
    host: MemoryHost,
    standin: StandinServer,
    queue: ManualQueue,
    browser: Browser,
) -> str:
    """A campaign with three vacancies, whose template was previewed."""
    standin.state.accounts[DEMO_ACCOUNT].templates["10001"].html = HTML
    ref = host.add_campaign()
    host.add_to_campaign(ref, host.add_person("ada@a.example"))
    host.offered_blocks[ref] = [vacancies(*TITLES)]
    host.login("recruiter")
    browser.submit(f"/cxmc/campaigns/{ref}/preview", **send_form())
    queue.run_all()
    return ref


def typed(page: Page) -> dict[str, str]:
    """What the form posts of regions and lists."""
    fields = {field.get("name"): field.get("value", "") for field in page.elements("input")}
    return {name: fields[name] for name in ("regions_of", "blocks") if name in fields}


def press(browser: Browser, ref: str, page: Page, button: str, status: int = 200) -> Page:
    lists = {"list:lijst": "vacancies"}
    form = {**send_form(), **typed(page), **lists, "keep": "yes", "block": f"{button}:lijst"}
    return browser.submit(f"/cxmc/campaigns/{ref}/blocks", status, **form)


def titles(page: Page) -> list[str]:
    listed = page.html.split('<ol class="cxmc-block">')[1].split("</ol>")[0]
    return [title for title in Page(listed).text_parts if title[0] not in "UDR"]


@pytest.mark.parametrize("scripted", [True, False])
def test_a_list_is_filled_sorted_previewed_and_sent_as_previewed(
    ref: str,
    scripted: bool,
    browser: Browser,
    host: MemoryHost,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    path, page = f"/cxmc/campaigns/{ref}", browser.open_page(f"/cxmc/campaigns/{ref}")
    assert "Vacatures (3)" in page.text
    browser.javascript = scripted
    for button in ("fill:0", "down:0", "remove:2"):
        if scripted:
            page = press(browser, ref, page, button)
        else:
            press(browser, ref, page, button, 303)
            page = browser.open_page(path)
    browser.javascript = True
    assert titles(page) == ["Kok", "Lasser"]
    browser.submit(f"{path}/preview", **send_form(), **typed(page))
    queue.run_all()
    preview = browser.get(f"{path}/preview/mail?template=10001&person=1").get_data(as_text=True)
    host.offered_blocks[ref] = [vacancies("Lasser", "Chef-kok")]
    page = browser.open_page(path)
    assert "The list in the CRM has changed" in page.text
    assert "The CRM has changed the list “Vacatures”" in page.text
    browser.submit(f"{path}/send", **send_form(confirmed="yes"), **typed(page))
    queue.run_all()
    (mail,) = standin.outbox
    for html in (preview.replace("&lt;", "<").replace("&gt;", ">"), mail.html):
        assert html.index(">Kok<") < html.index(">Lasser<")
        assert "Monteur" not in html
        assert "Chef-kok" not in html


def test_the_choice_of_a_list_says_for_which_region_it_is(ref: str, browser: Browser) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{ref}")
    chosen = {s["id"]: s["name"] for s in page.elements("select") if s["name"].startswith("list:")}
    assert list(chosen.values()) == ["list:intro", "list:lijst"]
    assert set(chosen) <= {label.get("for") for label in page.elements("label")}
    assert "List for “lijst”" in page.text


def test_refreshing_takes_over_what_the_crm_says_now(
    ref: str, browser: Browser, host: MemoryHost
) -> None:
    page = press(browser, ref, browser.open_page(f"/cxmc/campaigns/{ref}"), "fill:0")
    page = press(browser, ref, page, "remove:0")
    host.offered_blocks[ref] = [vacancies("Lasser", "Chef-kok", "Monteur", "Bakker")]
    page = press(browser, ref, page, "refresh:0")
    assert titles(page) == ["Chef-kok", "Monteur", "Bakker"]
    assert "has changed" not in page.text
    host.offered_blocks[ref] = []
    assert "does not offer this list any more" in press(browser, ref, page, "refresh:0", 422).text
    page = press(browser, ref, page, "clear:0")
    assert "region:lijst" in {area.get("name") for area in page.elements("textarea")}


def test_unusable_entries_are_named_and_an_unusable_list_is_refused(
    ref: str, browser: Browser, host: MemoryHost
) -> None:
    bad = BlockItem("9", "Piloot", "javascript:fly()")
    host.offered_blocks[ref] = [Block("vacancies", "Vacatures", [bad])]
    page = browser.open_page(f"/cxmc/campaigns/{ref}")
    refused = press(browser, ref, page, "fill:0", 422)
    assert "“Vacatures” has no entry that a mail can contain." in refused.text
    host.offered_blocks[ref] = [Block("vacancies", "Vacatures", [bad, BlockItem("1", "Kok")])]
    page = press(browser, ref, page, "fill:0")
    assert "Left out: “Piloot”. Its link is no http or https address." in page.text
    assert titles(page) == ["Kok"]


def test_a_list_that_a_browser_changed_is_refused_like_a_typed_text(
    ref: str, browser: Browser
) -> None:
    page = press(browser, ref, browser.open_page(f"/cxmc/campaigns/{ref}"), "fill:0")
    forged = typed(page)
    forged["blocks"] = forged["blocks"].replace("<b>Kok</b>", "<script>x()</script>")
    form = send_form(confirmed="yes") | forged
    page = browser.submit(f"/cxmc/campaigns/{ref}/send", 422, **form)
    assert "“lijst” contained something that mails cannot show: <script>." in page.text


def test_of_very_many_entries_a_few_are_named(ref: str, browser: Browser, host: MemoryHost) -> None:
    host.offered_blocks[ref] = [vacancies(*(f"Functie {n}" for n in range(5000)))]
    page = press(browser, ref, browser.open_page(f"/cxmc/campaigns/{ref}"), "fill:0")
    assert len(titles(page)) == 30
    assert page.text.count("Left out:") == 5
    assert "4,965 more entries are left out." in page.text


@pytest.fixture
def clicked(
    ref: str,
    decorated: bool,
    browser: Browser,
    host: MemoryHost,
    queue: ManualQueue,
    standin: StandinServer,
    connected: Services,
) -> str:
    """Ada clicked the second of three entries with the same address, twice; its link in the mail."""
    standin.state.switches.decorated_links = decorated
    object.__setattr__(connected.settings, "google_analytics", decorated)
    items = [BlockItem(str(n), title, f"{SITE}/same") for n, title in enumerate(TITLES, 1)]
    host.offered_blocks[ref] = [Block("vacancies", "Vacatures", items)]
    page = press(browser, ref, browser.open_page(f"/cxmc/campaigns/{ref}"), "fill:0")
    order = send_form(confirmed="yes") | typed(page)
    browser.submit(f"/cxmc/campaigns/{ref}/send", **order)
    queue.run_all()
    (campaign,) = (
        each for each in standin.state.accounts[DEMO_ACCOUNT].campaigns.values() if each.recipients
    )
    (link,) = (url for url in campaign.links if "cxmc_item=2" in url)
    standin.state.advance(60)
    for _ in range(2):
        standin.actions.click(campaign.id, "ada@a.example", link)
    standin.state.advance(3600)
    sync_schedule.request_update(connected, host.users["recruiter"][0], ref)
    queue.run_all()
    return link


@pytest.mark.parametrize("decorated", [False, True])
def test_clicks_are_attributed_to_the_entry(
    show: Callable[..., Page],
    ref: str,
    clicked: str,
    decorated: bool,
    browser: Browser,
    connected: Services,
) -> None:
    assert ("utm_campaign" in clicked) is decorated
    report = browser.open_page(f"/cxmc/campaigns/{ref}")
    assert "Lasser 0 0 Kok 2 1 Monteur 0 0" in report.text.split("Vacatures", 1)[1]
    link = next(a["href"] for a in report.elements("a") if "link=" in a.get("href", ""))
    people = browser.open_page(link).text
    assert "Kok" in people
    assert "ada@a.example" in people
    assert "Kok: https://" in browser.get(link.replace("recipients", "recipients.csv")).text
    assert "Clicked" in (timeline := show(f"{{{{ cxmc_campaign_activities('{ref}') }}}}").text)
    assert "Kok" in timeline
    clicks = [event for event in stored_events(connected) if event.kind == "clicked"]
    assert [(event.item, event.url) for event in clicks] == [("2", clicked)] * 2
