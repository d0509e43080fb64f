"""The Host's Flask-WTF with any of its options: our forms carry its token, and none is left unchecked."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect

from tests.support.browser import CSRF_TOKEN, Browser, Page

FORM = {"subject": "Typed for an hour", "from_name": "Rosa", "from_email": "r@people.example"}
REFUSED, ACCEPTED = 400, 409  # accepted: there is nothing to update yet
HTMX = {"HX-Request": "true"}
EXPIRED = -1


@pytest.fixture
def protect(app: Flask) -> Callable[..., CSRFProtect]:
    """Installs CSRFProtect with options, outside of a test of the Host."""

    def install(**options: Any) -> CSRFProtect:
        app.config.update(options)
        app.testing = False
        return CSRFProtect(app)

    return install


def own_header(field: dict[str, str]) -> dict[str, dict[str, str]]:
    return {"headers": {"X-Own": field["value"]}}


def own_field(field: dict[str, str]) -> dict[str, dict[str, str]]:
    return {"data": {field["name"]: field["value"]}}


def token_field(client: FlaskClient, path: str) -> dict[str, str]:
    """The token's field in the first form of the page."""
    fields = Page(client.get(path).get_data(as_text=True)).elements("input")
    return next(each for each in fields if each.get("type") == "hidden" and each["name"] != "nonce")


_OPTIONS: dict[str, tuple[dict[str, Any], str, Callable[[dict[str, str]], Any]]] = {
    "as it is": ({}, "csrf_token", own_field),
    "own field": ({"WTF_CSRF_FIELD_NAME": "_token"}, "_token", own_field),
    "own header": ({"WTF_CSRF_HEADERS": ["X-Own"]}, "csrf_token", own_header),
    "no POST": ({"WTF_CSRF_METHODS": ["PUT"]}, "csrf_token", own_field),
    "not by itself": ({"WTF_CSRF_CHECK_DEFAULT": False}, "csrf_token", own_field),
}


@pytest.mark.parametrize("name", _OPTIONS)
def test_the_forms_carry_its_token_and_are_always_checked(
    protect: Callable[..., CSRFProtect], client: FlaskClient, campaign: str, name: str
) -> None:
    options, field_name, sent = _OPTIONS[name]
    protect(**options)
    path = f"/cxmc/campaigns/{campaign}"
    field = token_field(client, path)
    assert field["name"] == field_name
    for wrong in ({}, {field_name: CSRF_TOKEN}, {field_name: ""}):
        assert client.post(f"{path}/update", data=wrong).status_code == REFUSED
    assert client.post(f"{path}/update", **sent(field)).status_code == ACCEPTED


@pytest.mark.parametrize("way", ["exempted", "protect() where the Host wants it"])
def test_a_host_that_decides_itself_what_is_checked(
    app: Flask, protect: Callable[..., CSRFProtect], client: FlaskClient, campaign: str, way: str
) -> None:
    guard = protect(WTF_CSRF_CHECK_DEFAULT=way == "exempted")
    if way == "exempted":
        guard.exempt(app.blueprints["cxmc"])
    else:
        app.before_request(lambda: None if request.endpoint == "cxmc.webhook" else guard.protect())
    path = f"/cxmc/campaigns/{campaign}"
    assert client.post(f"{path}/update").status_code == REFUSED
    assert client.post(f"{path}/update", **own_field(token_field(client, path))).status_code == (
        ACCEPTED
    )


def test_its_check_of_the_referer_lets_our_pages_pass(
    protect: Callable[..., CSRFProtect], client: FlaskClient, campaign: str
) -> None:
    protect()
    path, base = f"/cxmc/campaigns/{campaign}", "https://localhost"
    answer = client.get(path, base_url=base)
    assert answer.headers["Referrer-Policy"] == "same-origin", "the browser sends it to our pages"
    value = token_field(client, path)["value"]
    for referer, status in ((f"{base}{path}", ACCEPTED), ("https://evil.example", REFUSED)):
        pressed = client.post(
            f"{path}/update",
            base_url=base,
            data={"csrf_token": value},
            headers={"Referer": referer},
        )
        assert pressed.status_code == status


@pytest.mark.parametrize("field_name", ["csrf_token", "_token"])
def test_a_form_that_was_open_for_too_long_is_kept(
    app: Flask, protect: Callable[..., CSRFProtect], client: FlaskClient, campaign: str,
    field_name: str,
) -> None:  # fmt: skip
    protect(WTF_CSRF_FIELD_NAME=field_name)
    path = f"/cxmc/campaigns/{campaign}"
    old = own_field(token_field(client, path))["data"]
    app.config["WTF_CSRF_TIME_LIMIT"] = EXPIRED
    answer = client.post(f"{path}/send", data={**FORM, **old, "confirmed": "yes"})
    kept = Page(answer.get_data(as_text=True))
    assert answer.status_code == REFUSED
    assert "open for too long" in kept.text
    app.config["WTF_CSRF_TIME_LIMIT"] = 3600
    fields = {each["name"]: each["value"] for each in kept.elements("input")}
    assert "confirmed" not in fields
    assert client.post(kept.elements("form")[0]["action"], data=fields).status_code == 303
    assert FORM["subject"] in client.get(path).get_data(as_text=True)


def test_another_press_after_too_long_says_so(
    app: Flask, protect: Callable[..., CSRFProtect], client: FlaskClient, campaign: str
) -> None:
    protect(WTF_CSRF_TIME_LIMIT=EXPIRED)
    path = f"/cxmc/campaigns/{campaign}"
    data = own_field(token_field(client, path))["data"]
    plain = client.post(f"{path}/update", data=data)
    assert plain.status_code == REFUSED
    page = Page(plain.get_data(as_text=True))
    assert "This page has been open for too long" in page.text
    assert page.elements("a")[0]["href"] == path
    pressed = client.post(f"{path}/update", data=data, headers=HTMX)
    assert pressed.status_code == REFUSED
    assert re.search("cxmc:toast.*open for too long", pressed.headers["HX-Trigger"])
    typed = client.post(f"{path}/send", data={**FORM, **data}, headers=HTMX)
    assert typed.status_code == REFUSED
    assert "HX-Trigger" not in typed.headers, (
        "the form says it, with a link that keeps what was typed"
    )


def test_a_forged_form_that_it_refuses_is_not_repeated(
    protect: Callable[..., CSRFProtect], client: FlaskClient, campaign: str
) -> None:
    protect()
    answer = client.post(
        f"/cxmc/campaigns/{campaign}/send", data=FORM, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == REFUSED
    assert FORM["subject"] not in answer.get_data(as_text=True)


def test_a_token_of_the_host_in_the_same_header_does_no_harm(
    client: FlaskClient, campaign: str
) -> None:
    """A check of its own, whose token `hx-headers` adds to every request of the page."""
    path = f"/cxmc/campaigns/{campaign}"
    field = Browser(client).open_page(path).field("csrf_token")
    headers = {"X-CSRFToken": "the host's own"}
    assert client.post(f"{path}/update", headers=headers).status_code == REFUSED
    pressed = client.post(f"{path}/update", data={field["name"]: field["value"]}, headers=headers)
    assert pressed.status_code == ACCEPTED


def test_a_test_of_the_host_may_leave_out_post(
    app: Flask, protect: Callable[..., CSRFProtect], client: FlaskClient, campaign: str
) -> None:
    protect(WTF_CSRF_METHODS=[])
    app.testing = True
    assert client.post(f"/cxmc/campaigns/{campaign}/update").status_code == ACCEPTED
