"""The whole product in real processes, with a real browser in front of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cxmc_ext.standin import DEMO_KEY
from tests.support.chromium import CHROMIUM, CHROMIUM_FLAGS
from tests.support.demo_process import DemoProcess, running_demo


@pytest.fixture(scope="module")
def demo_settings() -> Mapping[str, str]:
    """Environment variables of the demo besides the usual ones; a module may override them."""
    return {}


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory, demo_settings: Mapping[str, str]
) -> Iterator[DemoProcess]:
    with running_demo(tmp_path_factory.mktemp("instance"), demo_settings) as demo:
        yield demo


@pytest.fixture(scope="module")
def connected(demo: DemoProcess) -> None:
    """Activated and connected at the command line, as an operator would."""
    for words, text in (("activate",), None), (("connect", "--key-stdin"), DEMO_KEY):
        told = demo.flask("cxmc", *words, text=text)
        assert told.returncode == 0, told.stdout + told.stderr
        assert DEMO_KEY not in told.stdout + told.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: the browser journeys need one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        expect.set_options(timeout=30_000)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(browser: Browser, demo: DemoProcess) -> Iterator[Callable[..., Page]]:
    """Logs a user in, in a browser context of their own; its console must show no error."""
    contexts, errors = [], []
    expected = ["422", "404"]

    def log_in(name: str, *, expected_errors: Sequence[str] = (), **options: Any) -> Page:
        expected.extend(expected_errors)
        context = browser.new_context(base_url=demo.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.goto("/login")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(name)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield log_in
    for context in contexts:
        context.close()
    assert [text for text in errors if not any(part in text for part in expected)] == []
