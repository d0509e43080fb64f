"""What holds for every page: nothing inline, nothing escaped wrongly, nothing kept."""

import gzip
import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import StrictUndefined, Undefined, make_logging_undefined
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.campaigns import EventStatus, MailingState
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser, Page
from tests.support.factories import (
    REPORT,
    SENT_AT,
    create_event,
    create_mailing,
    create_operation,
    create_recipient,
)

CANARY = "\"><img src=x onerror=alert(1)>'{{7*7}}"
STATES = [str(state) for state in MailingState]
_HANDLER = re.compile(r"on[a-z]+")


@pytest.fixture
def poisoned(connected: Services, host: MemoryHost, campaign: str) -> list[str]:
    """A campaign in each state whose every text is hostile; their refs."""
    why = [{"code": "check_other", "detail": CANARY, "values": {"heading": CANARY}}]
    links = {"links": [[CANARY, 1, 1, 1], [f"https://x.example/{CANARY}", 1, 1, 2]]}
    session = connected.session()
    template = {"id": 1, "name": CANARY, "thumbnail": CANARY, "edited_at": None, "usable": True}
    values = {"templates": [template], "remote_account_name": CANARY, "list_name": CANARY}
    session.execute(update(Account).values(**values, audiences=[{"id": CANARY, "name": CANARY}]))
    session.commit()
    refs = []
    for state in STATES:
        ref = host.add_campaign(CANARY)
        host.add_to_campaign(ref, host.add_person(CANARY, first_name=CANARY))
        mailing = create_mailing(
            connected,
            ref,
            state,
            campaign_title=CANARY,
            subject=CANARY,
            from_name=CANARY,
            from_email=CANARY,
            template_name=CANARY,
            problems=why,
            report={**REPORT, **links},
            sent_at=SENT_AT,
            schedule_at=SENT_AT,
            sync_problem=why[0],
            frozen_at=None if state == "none" else 1,
        )
        create_operation(connected, mailing, state="done", actor_name=CANARY)
        row = create_recipient(connected, mailing, name=CANARY, address=CANARY, detail=CANARY)
        create_event(connected, mailing, row, EventStatus.CLICKED, SENT_AT)
        refs.append(ref)
    return refs


def pages(browser: Browser, refs: list[str]) -> Iterator[Page]:
    for ref in refs:
        for piece in ("", "/recipients", "/settings", "/open", "/panel"):
            answer = browser.get(f"/cxmc/campaigns/{ref}{piece}")
            if answer.status_code == 200:
                yield Page(answer.get_data(as_text=True))
    yield browser.open_page("/cxmc/activation")


@pytest.mark.parametrize("script", [True, False])
def test_hostile_texts_stay_texts(
    client: FlaskClient, host: MemoryHost, poisoned: list[str], script: bool
) -> None:
    host.login("admin")
    seen = 0
    for page in pages(Browser(client, javascript=script), poisoned):
        seen += "onerror" in page.html
        assert not [a for a in page.elements("img") if a.get("src") == "x"]
        assert not [1 for _, attrs in page.tags for name in attrs if _HANDLER.fullmatch(name)]
        assert "49" not in re.findall(r"'(\d+)", page.text)
    assert seen > len(STATES)


def test_pages_carry_no_script_and_no_style_of_their_own(
    client: FlaskClient, host: MemoryHost, poisoned: list[str]
) -> None:
    host.login("admin")
    for page in pages(Browser(client, javascript=False), poisoned):
        assert all("src" in attrs for attrs in page.elements("script"))
        assert not page.elements("style")
        assert not [1 for _, attrs in page.tags if "style" in attrs]
        own = [a["src"] for a in page.elements("script")] + [
            a["href"] for a in page.elements("link")
        ]
        assert all(address.startswith("/cxmc/static/") for address in own)


def test_links_lead_to_web_pages_only(
    client: FlaskClient, host: MemoryHost, poisoned: list[str]
) -> None:
    host.login("admin")
    for page in pages(Browser(client), poisoned):
        for link in page.elements("a"):
            assert re.match(r"https?://|/|$", link["href"]), link["href"]
            if link.get("target") == "_blank":
                assert "noopener" in link["rel"]


def test_every_field_has_a_label_and_every_id_is_there_once(
    client: FlaskClient, host: MemoryHost, poisoned: list[str]
) -> None:
    host.login("admin")
    for page in pages(Browser(client), poisoned):
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids))
        labelled = {a["for"] for a in page.elements("label")}
        fields = [*page.elements("input"), *page.elements("select")]
        seen = [a for a in fields if a.get("type") not in {"hidden"}]
        assert all(a["id"] in labelled for a in seen)


def test_every_answer_is_kept_nowhere(campaign: str, browser: Browser) -> None:
    headers = browser.get(f"/cxmc/campaigns/{campaign}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "HX-Request" in headers["Vary"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_fragment_is_a_fragment_and_a_page_a_page(
    campaign: str, browser: Browser, browser_without_js: Browser
) -> None:
    path = f"/cxmc/campaigns/{campaign}"
    assert not browser.open_page(path).elements("html")
    assert browser_without_js.open_page(path).elements("html")
    restored = browser.client.get(
        path, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert Page(restored.get_data(as_text=True)).elements("html")


def test_the_hosts_layout_takes_the_place_of_ours(
    app: Flask, campaign: str, browser_without_js: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("acme")
    (folder / "cxmc").mkdir()
    (folder / "cxmc" / "layout.html").write_text("<b>Acme</b>{% block content %}{% endblock %}")
    app.template_folder = str(folder)
    app.__dict__.pop("jinja_loader", None)
    page = browser_without_js.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Acme" in page.text_parts
    assert not page.elements("html")


@pytest.mark.parametrize(
    "undefined", [StrictUndefined, make_logging_undefined(base=StrictUndefined)]
)
def test_a_host_may_forbid_names_without_a_value(
    app: Flask,
    client: FlaskClient,
    host: MemoryHost,
    poisoned: list[str],
    undefined: type[Undefined],
) -> None:
    app.jinja_env.undefined = undefined
    host.login("admin")
    browser = Browser(client, javascript=False)
    assert len(list(pages(browser, poisoned))) > len(STATES)
    for path in ("account", "control", "campaigns"):
        browser.open_page(f"/cxmc/{path}")
    assert app.jinja_env.undefined is undefined


def test_files_are_zipped_and_kept_as_long_as_they_stay_the_same(
    campaign: str, client: FlaskClient, browser_without_js: Browser
) -> None:
    page = browser_without_js.open_page(f"/cxmc/campaigns/{campaign}")
    addresses = [page.elements("link")[0]["href"], *(a["src"] for a in page.elements("script"))]
    for address in (*addresses, page.elements("script")[0]["data-htmx-url"]):
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data)
        tag = answer.headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        stale = client.get(address.partition("?")[0])
        assert stale.headers["Cache-Control"] == "no-cache"


def test_htmx_is_told_to_keep_and_run_nothing(client: FlaskClient) -> None:
    code = client.get("/cxmc/static/cxmc.js").get_data(as_text=True)
    for setting in (
        "allowEval: false",
        "allowScriptTags: false",
        "includeIndicatorStyles: false",
        "selfRequestsOnly: true",
        "historyCacheSize: 0",
    ):
        assert setting in code
    assert 'version:"2.0.3"' in client.get("/cxmc/static/htmx.min.js").get_data(as_text=True)


def test_events_for_the_page_are_plain_ascii(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    answer = browser.post("/cxmc/activate")
    assert answer.headers["HX-Trigger"].isascii()
    assert list(json.loads(answer.headers["HX-Trigger"])) == ["cxmc:toast"]


def test_the_first_paint_of_the_tab_weighs_less_than_60_kb(
    connected: Services, campaign: str, browser_without_js: Browser, client: FlaskClient
) -> None:
    create_mailing(connected, campaign, "sent", report=REPORT, sent_at=SENT_AT)
    path = f"/cxmc/campaigns/{campaign}"
    page = browser_without_js.open_page(path)
    icons = {use["href"].partition("#")[0] for use in page.elements("use")}
    script = page.elements("script")[0]
    zipped = {"Accept-Encoding": "gzip"}
    parts = {page.elements("link")[0]["href"], script["src"], script["data-htmx-url"], *icons}
    assert len(parts) == 4
    sizes = {part: len(client.get(part, headers=zipped).data) for part in parts}
    sizes[path] = len(page.html.encode())
    assert sum(sizes.values()) < 60_000, sizes
