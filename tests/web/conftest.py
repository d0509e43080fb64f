"""A recruiter in front of a connected CRM with one campaign."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, expect, sync_playwright
from playwright.sync_api import Page as ChromiumPage

from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser, Page
from tests.support.chromium import CHROMIUM, CHROMIUM_FLAGS
from tests.support.slot_values import ADA, NUL

# The browser and htmx report responses with 401, 422 or 500, which are intended.
_EXPECTED = ("Failed to load resource", "Response Status Error")


@pytest.fixture(autouse=True)
def bare_host(app: Flask) -> None:
    """A host without templates of its own: our own frame is used."""
    app.template_folder = None


@pytest.fixture
def campaign(connected: Services, host: MemoryHost) -> str:
    """A campaign of five people who can be mailed; the recruiter is logged in."""
    ref = host.add_campaign()
    host.add_to_campaign(ref, *(host.add_person(f"p{n}@people.example") for n in range(5)))
    host.login("recruiter")
    return ref


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    return Browser(client)


@pytest.fixture
def browser_without_js(client: FlaskClient) -> Browser:
    """A browser without JavaScript."""
    return Browser(client, javascript=False)


@pytest.fixture
def template_values() -> dict[str, object]:
    """What the lines of `show` can use; a module may override it."""
    return {"ada": ADA, "NUL": NUL}


@pytest.fixture
def show(
    app: Flask, client: FlaskClient, template_values: dict[str, object]
) -> Callable[..., Page]:
    """Renders a line of a host's template inside a request."""
    lines: list[str] = []
    app.add_url_rule("/host", "host", lambda: render_template_string(lines[-1], **template_values))

    def shown(line: str, query: str = "", prefix: str = "") -> Page:
        lines.append(line)
        answer = client.get(f"/host{query}", base_url=f"http://localhost{prefix}")
        assert answer.status_code == 200
        return Page(answer.get_data(as_text=True))

    return shown


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: these tests need one")
    with sync_playwright() as playwright:
        expect.set_options(timeout=30_000)
        with playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS) as browser:
            yield browser


@pytest.fixture
def context(chromium: Chromium) -> Iterator[BrowserContext]:
    with chromium.new_context() as context:
        context.set_default_timeout(30_000)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[ChromiumPage]:
    """Fails the test for anything the browser complains about, a breach of the policy included."""
    new_page = context.new_page()
    complaints: list[str] = []
    new_page.on("pageerror", lambda error: complaints.append(str(error)))
    new_page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield new_page
    assert [text for text in complaints if not text.startswith(_EXPECTED)] == []
