"""A recruiter in front of a connected CRM with one campaign."""

from collections.abc import Callable

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser, Page
from tests.support.slot_values import ADA, NUL


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
def show(app: Flask, client: FlaskClient) -> Callable[..., Page]:
    """Renders a line of a host's template inside a request."""
    lines: list[str] = []
    app.add_url_rule("/host", "host", lambda: render_template_string(lines[-1], ada=ADA, NUL=NUL))

    def shown(line: str, query: str = "") -> Page:
        lines.append(line)
        answer = client.get(f"/host{query}")
        assert answer.status_code == 200
        return Page(answer.get_data(as_text=True))

    return shown
