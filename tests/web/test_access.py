"""One gate before every address: who, which right, which campaign, and whose form it was."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect, generate_csrf
from sqlalchemy import func, select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.people import Right
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.web import create_blueprint
from cxmc_ext.web.routes import PUBLIC_ENDPOINTS, ROUTES
from tests.support.browser import CSRF_TOKEN, Browser

_FORM = {"confirmed": "yes", "subject": "S", "key": "k", "csrf_token": CSRF_TOKEN}


def cxmc_urls(app: Flask, ref: str) -> Iterator[tuple[str, str]]:
    """(method, path) of everything in the url map, read from the app, not from our table."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("cxmc.") and rule.endpoint[5:] not in PUBLIC_ENDPOINTS:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, re.sub(r"<[^>]+>", ref, rule.rule)


def knock(client: FlaskClient, method: str, path: str, **headers: str) -> int:
    with client.session_transaction() as session:
        session["cxmc_csrf"] = CSRF_TOKEN
        session.pop("cxmc_csrf_for", None)
    data = _FORM if method == "POST" else None
    return client.open(path, method=method, data=data, headers=headers).status_code


def rows(services: Services) -> tuple[int, int]:
    session = services.session()
    counts = [session.scalar(select(func.count()).select_from(t)) for t in (Operation, Mailing)]
    session.rollback()
    return counts[0] or 0, counts[1] or 0


def test_every_address_is_in_the_table(app: Flask, campaign: str) -> None:
    assert len(list(cxmc_urls(app, campaign))) == len(ROUTES)


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("intern", 404)])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_without_the_right_nothing_opens_and_nothing_happens(
    app: Flask,
    client: FlaskClient,
    services: Services,
    host: MemoryHost,
    queue: ManualQueue,
    standin: StandinServer,
    campaign: str,
    who: str | None,
    status: int,
    headers: dict[str, str],
) -> None:
    host.login(who)
    before, calls = rows(services), standin.state.requests.routes.total()
    for method, path in cxmc_urls(app, campaign):
        assert knock(client, method, path, **headers) == status, f"{method} {path}"
    assert rows(services) == before
    assert standin.state.requests.routes.total() == calls
    assert not queue.nudges


def test_the_recruiter_neither_configures_nor_activates(client: FlaskClient, campaign: str) -> None:
    closed = [r for r in ROUTES if r.right in {Right.CONFIGURE, Right.ACTIVATE}]
    assert len(closed) == 23
    for route in closed:
        path = f"/cxmc{route.rule.replace('<ref>', campaign)}"
        assert knock(client, route.method, path) == 404


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_hidden_campaign_and_none_at_all_answer_the_same(
    client: FlaskClient, campaign: str, host: MemoryHost, headers: dict[str, str]
) -> None:
    hidden = host.add_campaign("Secret")
    del host.campaigns[hidden]
    bodies = {
        client.get(f"/cxmc/campaigns/{r}", headers=headers).data for r in (hidden, "1 or 1=1")
    }
    host.login("intern")
    bodies.add(client.get(f"/cxmc/campaigns/{campaign}", headers=headers).data)
    assert len(bodies) == 1


@pytest.mark.slow
def test_a_deactivated_module_leaves_only_the_way_back(
    app: Flask, client: FlaskClient, services: Services, host: MemoryHost, campaign: str
) -> None:
    activation.deactivate(services, host.users["admin"][0])
    host.login("admin")
    without_account = {"POST /cxmc/account": 409, "GET /cxmc/account/login": 409} | {
        "GET /cxmc/account/login/done": 400,
        "POST /cxmc/account/settings": 409,
        "POST /cxmc/account/import": 409,
        "POST /cxmc/control/contacts": 409,
        "GET /cxmc/invitation": 404,  # nobody is named
        "POST /cxmc/invitation": 404,
    }
    for method, path in cxmc_urls(app, campaign):
        wanted = 404 if "/campaigns" in path else 303 if method == "POST" else 200
        wanted = without_account.get(f"{method} {path}", wanted)
        assert knock(client, method, path) == wanted, f"{method} {path}"


def test_get_and_head_never_change_anything(client: FlaskClient, campaign: str) -> None:
    looked_at = {r.rule for r in ROUTES if r.method == "GET"}
    for route in ROUTES:
        if route.method == "POST" and route.rule not in looked_at:
            path = f"/cxmc{route.rule.replace('<ref>', campaign)}"
            assert client.get(path).status_code == 405
            assert client.head(path).status_code == 405


def test_a_form_without_our_token_is_refused(client: FlaskClient, campaign: str) -> None:
    path = f"/cxmc/campaigns/{campaign}/update"
    with client.session_transaction() as session:
        session["cxmc_csrf"] = CSRF_TOKEN
    assert client.post(path).status_code == 400
    assert client.post(path, data={"csrf_token": "of another session"}).status_code == 400
    assert client.post(f"{path}?csrf_token={CSRF_TOKEN}").status_code == 400
    good = client.post(path, data={"csrf_token": CSRF_TOKEN, "confirmed": "yes"})
    assert good.status_code == 409, "let in: there is nothing to update yet"
    by_header = client.post(path, data={"a": "b"}, headers={"X-CSRFToken": CSRF_TOKEN})
    assert by_header.status_code == 409


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 409),
    ],
)
def test_another_site_may_not_press_even_with_a_token(
    client: FlaskClient, campaign: str, headers: dict[str, str], status: int
) -> None:
    path = f"/cxmc/campaigns/{campaign}/update"
    assert knock(client, "POST", path, **headers) == status


def test_more_than_a_form_holds_is_not_read(client: FlaskClient, campaign: str) -> None:
    path = f"/cxmc/campaigns/{campaign}/send"
    with client.session_transaction() as session:
        session["cxmc_csrf"] = CSRF_TOKEN
    answer = client.post(path, data={"csrf_token": CSRF_TOKEN, "subject": "x" * 300_000})
    assert answer.status_code == 413


def test_where_the_host_checks_forms_its_token_is_used(
    app: Flask, client: FlaskClient, campaign: str
) -> None:
    CSRFProtect(app)
    page = Browser(client).open_page(f"/cxmc/campaigns/{campaign}")
    token = page.field("csrf_token")["value"]
    path = f"/cxmc/campaigns/{campaign}/update"
    assert client.post(path, data={"csrf_token": CSRF_TOKEN}).status_code == 400
    assert client.post(path, data={"csrf_token": token}).status_code == 409
    assert generate_csrf is app.jinja_env.globals["csrf_token"]


def test_a_lost_session_ends_the_polling_with_a_sentence(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.login(None)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/panel", 401)
    assert "You are no longer logged in." in page.text
    assert not [a for _, a in page.tags if "hx-trigger" in a]


def test_files_need_nobody(client: FlaskClient, host: MemoryHost, app: Flask) -> None:
    host.login(None)
    for name in ("cxmc.css", "cxmc.js", "icons.svg", "htmx.min.js"):
        assert client.get(f"/cxmc/static/{name}").status_code == 200
    assert client.get("/cxmc/static/..%2fconfig.py").status_code == 404


def test_a_view_that_is_not_in_the_table_is_shut(host: MemoryHost, services: Services) -> None:
    made = create_blueprint(services)
    made.add_url_rule("/forgotten", "forgotten", lambda: "open")
    bare = Flask("bare")
    bare.register_blueprint(made)
    host.login("admin")
    assert bare.test_client().get("/cxmc/forgotten").status_code == 404
