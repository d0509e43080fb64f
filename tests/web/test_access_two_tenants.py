"""Two tenants behind one address: another's campaign is no campaign, another's settings are not there."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonKind, PersonRef, Right, User
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryMultiAccountHost
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.screens import activation as activation_screen
from cxmc_ext.usecases.shared import rate_limit
from tests.support.browser import CSRF_TOKEN, Browser
from tests.support.factories import create_event, create_mailing, create_operation, create_recipient
from tests.web.test_access import cxmc_urls

NORTH, SOUTH = "north", "south"
SECRET = "Reorganisation of the south"
_FORM = {"confirmed": "yes", "subject": "S", "key": "k", "csrf_token": CSRF_TOKEN}


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(NORTH, SOUTH)


@pytest.fixture
def theirs(services: Services, host: MemoryMultiAccountHost, queue: ManualQueue) -> str:
    """A sent campaign of the south, with a ref the north has no campaign for; both are active."""
    for ref in (NORTH, SOUTH):
        admin = host.accounts[ref].users["admin"][0]
        activation.request_activation(services.for_account(ref), Press(admin, f"on-{ref}"))
    queue.run_all()
    host.accounts[NORTH].add_campaign("Spring in the north")
    host.accounts[SOUTH].add_campaign("Spring in the south")
    ref = host.accounts[SOUTH].add_campaign(SECRET)
    mailing = create_mailing(services, ref, "sent", account_id=_id(services, SOUTH))
    who = create_recipient(
        services, mailing, person_kind="candidate", person_id="1", name="Ben Sud"
    )
    create_event(services, mailing, who, EventStatus.OPENED, services.clock())
    return ref


def _id(services: Services, ref: str) -> int:
    session = services.session()
    found = session.scalars(select(Account.id).where(Account.ref == ref)).one()
    session.rollback()
    return found


def _open(client: FlaskClient, method: str, path: str, **headers: str) -> tuple[int, bytes]:
    with client.session_transaction() as session:
        session["cxmc_csrf"] = CSRF_TOKEN
    data = _FORM if method == "POST" else None
    answer = client.open(path, method=method, data=data, headers=headers)
    return answer.status_code, answer.data


def _rows(services: Services) -> list[int | None]:
    session = services.session()
    found = [session.scalar(select(func.count()).select_from(t)) for t in (Operation, Mailing)]
    session.rollback()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_strangers_campaign_answers_like_none_at_all_on_every_address(
    app: Flask,
    client: FlaskClient,
    services: Services,
    host: MemoryMultiAccountHost,
    theirs: str,
    queue: ManualQueue,
    headers: dict[str, str],
) -> None:
    host.login_to(NORTH, "admin")
    before = _rows(services)
    nothing = dict(zip(cxmc_urls(app, theirs), cxmc_urls(app, "no-such-campaign"), strict=True))
    walked = [(there, none) for there, none in nothing.items() if there != none]
    assert len(walked) > 15
    for (method, path), (_, absent) in walked:
        wanted = _open(client, method, absent, **headers)
        assert wanted[0] == 404
        assert _open(client, method, path, **headers) == wanted, f"{method} {path}"
    assert _rows(services) == before
    assert not queue.nudges
    host.login_to(SOUTH, "admin")
    assert _open(client, "GET", f"/cxmc/campaigns/{theirs}")[0] == 200


def test_the_same_ref_shows_each_tenant_its_own(
    browser: Browser, services: Services, host: MemoryMultiAccountHost, theirs: str
) -> None:
    create_mailing(services, "1", "not_ready", account_id=_id(services, SOUTH), subject=SECRET)
    host.login_to(SOUTH, "recruiter")
    assert SECRET in browser.open_page("/cxmc/campaigns/1").text
    host.login_to(NORTH, "recruiter")
    assert SECRET not in browser.open_page("/cxmc/campaigns/1").text


def test_an_operation_of_another_tenant_is_not_followed(
    browser: Browser, services: Services, host: MemoryMultiAccountHost, theirs: str
) -> None:
    found = create_operation(
        services, None, kind="connect", scope="account", account_id=_id(services, SOUTH)
    )
    host.login_to(NORTH, "recruiter")
    page = browser.open_page(f"/cxmc/campaigns/1?cxmc_op={found}")
    assert "Pending action..." not in page.text
    host.login_to(SOUTH, "recruiter")
    assert "Pending action..." in browser.open_page(f"/cxmc/campaigns/1?cxmc_op={found}").text


def test_who_presses_too_often_stops_nobody_of_the_same_id_elsewhere(
    browser: Browser, host: MemoryMultiAccountHost, theirs: str
) -> None:
    host.login_to(NORTH, "admin")
    for _ in range(rate_limit.MAX_PRESSES + 1):
        last = browser.post("/cxmc/control/resume").status_code
    assert last == 429
    host.login_to(SOUTH, "admin")
    assert browser.post("/cxmc/control/resume").status_code == 303


def test_control_room_and_activation_are_of_the_readers_tenant(
    browser: Browser, services: Services, host: MemoryMultiAccountHost, theirs: str
) -> None:
    host.login_to(NORTH, "admin")
    assert SECRET not in browser.open_page("/cxmc/control").text
    browser.post("/cxmc/control/pause")
    browser.post("/cxmc/deactivate", confirmed="yes")
    host.login_to(SOUTH, "admin")
    assert "Vacatures week 48" in browser.open_page("/cxmc/control").text
    assert "Active" in browser.open_page("/cxmc/activation").text
    states = [
        activation_screen.activation_status(services.for_account(ref)).active
        for ref in (NORTH, SOUTH)
    ]
    assert states == [False, True]


@pytest.mark.slow
def test_the_slots_of_the_hosts_pages_show_the_tenant_of_the_request(
    app: Flask, services: Services, host: MemoryMultiAccountHost, theirs: str
) -> None:
    slots = {name: app.jinja_env.globals[f"cxmc_{name}"] for name in ("enabled", "tab_visible")}
    activities = app.jinja_env.globals["cxmc_activities"]
    person = PersonRef(PersonKind.CANDIDATE, "1")

    def seen() -> tuple[bool, bool, bool]:
        with app.test_request_context():
            return (
                slots["enabled"](),
                slots["tab_visible"](theirs),
                "Vacatures week 48" in activities(person),
            )

    host.login_to(NORTH, "recruiter")
    assert seen() == (True, False, False)
    host.login_to(SOUTH, "recruiter")
    assert seen() == (True, True, True)
    host.login_to(None, None)
    assert seen() == (False, False, False)


def test_who_belongs_to_no_tenant_finds_nothing(
    app: Flask,
    client: FlaskClient,
    host: MemoryMultiAccountHost,
    theirs: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host.login_to(None, None)
    assert _open(client, "GET", "/cxmc/control")[0] == 401
    everybody = User("root", "Root", "root@x.example")
    monkeypatch.setattr(host, "current_user", lambda: everybody)
    monkeypatch.setattr(host, "rights", lambda _user: frozenset(Right))
    for method, path in cxmc_urls(app, theirs):
        assert _open(client, method, path)[0] == 404, f"{method} {path}"
