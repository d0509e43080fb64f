"""Who is not logged in is led to the Host's login page, and to nothing else."""

from types import SimpleNamespace

import pytest
from flask import Flask, redirect
from flask.testing import FlaskClient

from cxmc_ext.testing import MemoryHost


@pytest.fixture
def path(campaign: str, host: MemoryHost) -> str:
    host.login(None)
    return f"/cxmc/campaigns/{campaign}"


def test_a_host_without_a_login_page_answers_401(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 401


def test_a_host_names_its_login_page_and_gets_the_page_to_return_to(
    client: FlaskClient, host: MemoryHost, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def login_url(return_to: str) -> str:
        asked.append(return_to)
        return "/sign-in"

    monkeypatch.setattr(host, "login_url", login_url, raising=False)
    opened = client.get(f"{path}?a=1", environ_overrides={"SCRIPT_NAME": "/crm"})
    assert (opened.status_code, opened.headers["Location"]) == (303, "/sign-in")
    pressed = client.post(f"{path}/send")
    assert (pressed.status_code, pressed.headers["Location"]) == (303, "/sign-in")
    assert asked == [f"/crm{path}?a=1", ""]


def test_with_flask_login_its_login_view_is_used(
    app: Flask, client: FlaskClient, path: str
) -> None:
    app.login_manager = SimpleNamespace(  # type: ignore[attr-defined]
        unauthorized=lambda: redirect("/login?next=here")
    )
    assert client.get(path).headers["Location"] == "/login?next=here"


def test_part_of_a_page_says_it_in_place(client: FlaskClient, path: str, app: Flask) -> None:
    """What was typed stays; a redirect would put a login page into the panel."""
    app.login_manager = SimpleNamespace(unauthorized=lambda: redirect("/"))  # type: ignore[attr-defined]
    answer = client.get(f"{path}/panel", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "You are no longer logged in" in answer.get_data(as_text=True)
