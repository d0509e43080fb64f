"""Two tenants behind one address: another's campaign is no campaign, another's settings are not there."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pages import TOKEN, Browser
from rows import put_event, put_mailing, put_operation, put_recipient
from sqlalchemy import func, select
from test_gate import addresses

from cxmc_ext.db.models import Account, Mailing, Operation
from cxmc_ext.domain.values import PersonKind, PersonRef, Right, Status, User
from cxmc_ext.services import Services
from cxmc_ext.testing import HandQueue, MemoryTenants
from cxmc_ext.usecases import activate, screens_activation

NORTH, SOUTH = "north", "south"
SECRET = "Reorganisation of the south"
_FORM = {"confirmed": "yes", "subject": "S", "key": "k", "csrf_token": TOKEN}


@pytest.fixture
def host() -> MemoryTenants:  # type: ignore[override]
    return MemoryTenants(NORTH, SOUTH)


@pytest.fixture
def theirs(services: Services, host: MemoryTenants, queue: HandQueue) -> str:
    """A sent campaign of the south, with a ref the north has no campaign for; both are active."""
    for ref in (NORTH, SOUTH):
        admin = host.tenants[ref].users["admin"][0]
        activate.request_activation(services.of(ref), admin, f"on-{ref}")
    queue.run_all()
    host.tenants[NORTH].add_campaign("Spring in the north")
    host.tenants[SOUTH].add_campaign("Spring in the south")
    ref = host.tenants[SOUTH].add_campaign(SECRET)
    mailing = put_mailing(services, ref, "sent", account_id=_id(services, SOUTH))
    who = put_recipient(services, mailing, person_kind="candidate", person_id="1", name="Ben Sud")
    put_event(services, mailing, who, Status.OPENED, services.clock())
    return ref


def _id(services: Services, ref: str) -> int:
    session = services.session()
    found = session.scalars(select(Account.id).where(Account.ref == ref)).one()
    session.rollback()
    return found


def _open(client: FlaskClient, method: str, path: str, **headers: str) -> tuple[int, bytes]:
    with client.session_transaction() as session:
        session["cxmc_csrf"] = TOKEN
    data = _FORM if method == "POST" else None
    answer = client.open(path, method=method, data=data, headers=headers)
    return answer.status_code, answer.data


def _rows(services: Services) -> list[int | None]:
    session = services.session()
    found = [session.scalar(select(func.count()).select_from(t)) for t in (Operation, Mailing)]
    session.rollback()
    return found


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_strangers_campaign_answers_like_none_at_all_on_every_address(
    app: Flask,
    client: FlaskClient,
    services: Services,
    host: MemoryTenants,
    theirs: str,
    queue: HandQueue,
    headers: dict[str, str],
) -> None:
    host.visit(NORTH, "admin")
    before = _rows(services)
    nothing = dict(zip(addresses(app, theirs), addresses(app, "no-such-campaign"), strict=True))
    walked = [(there, none) for there, none in nothing.items() if there != none]
    assert len(walked) > 15
    for (method, path), (_, absent) in walked:
        wanted = _open(client, method, absent, **headers)
        assert wanted[0] == 404
        assert _open(client, method, path, **headers) == wanted, f"{method} {path}"
    assert _rows(services) == before
    assert not queue.nudges
    host.visit(SOUTH, "admin")
    assert _open(client, "GET", f"/cxmc/campaigns/{theirs}")[0] == 200


def test_the_same_ref_shows_each_tenant_its_own(
    browser: Browser, services: Services, host: MemoryTenants, theirs: str
) -> None:
    put_mailing(services, "1", "not_ready", account_id=_id(services, SOUTH), subject=SECRET)
    host.visit(SOUTH, "recruiter")
    assert SECRET in browser.see("/cxmc/campaigns/1").text
    host.visit(NORTH, "recruiter")
    assert SECRET not in browser.see("/cxmc/campaigns/1").text


def test_an_operation_of_another_tenant_is_not_followed(
    browser: Browser, services: Services, host: MemoryTenants, theirs: str
) -> None:
    found = put_operation(
        services, None, kind="connect", scope="account", account_id=_id(services, SOUTH)
    )
    host.visit(NORTH, "recruiter")
    page = browser.see(f"/cxmc/campaigns/1?cxmc_op={found}")
    assert "Pending action..." not in page.text
    host.visit(SOUTH, "recruiter")
    assert "Pending action..." in browser.see(f"/cxmc/campaigns/1?cxmc_op={found}").text


def test_control_room_and_activation_are_of_the_readers_tenant(
    browser: Browser, services: Services, host: MemoryTenants, theirs: str
) -> None:
    host.visit(NORTH, "admin")
    assert SECRET not in browser.see("/cxmc/control").text
    browser.post("/cxmc/control/pause")
    browser.post("/cxmc/deactivate", confirmed="yes")
    host.visit(SOUTH, "admin")
    assert "Vacatures week 48" in browser.see("/cxmc/control").text
    assert "Active" in browser.see("/cxmc/activation").text
    states = [screens_activation.activation(services.of(ref)).active for ref in (NORTH, SOUTH)]
    assert states == [False, True]


def test_the_slots_of_the_hosts_pages_show_the_tenant_of_the_request(
    app: Flask, services: Services, host: MemoryTenants, theirs: str
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

    host.visit(NORTH, "recruiter")
    assert seen() == (True, False, False)
    host.visit(SOUTH, "recruiter")
    assert seen() == (True, True, True)
    host.visit(None, None)
    assert seen() == (False, False, False)


def test_who_belongs_to_no_tenant_finds_nothing(
    app: Flask,
    client: FlaskClient,
    host: MemoryTenants,
    theirs: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host.visit(None, None)
    assert _open(client, "GET", "/cxmc/control")[0] == 401
    everybody = User("root", "Root", "root@x.example")
    monkeypatch.setattr(host, "current_user", lambda: everybody)
    monkeypatch.setattr(host, "rights", lambda _user: frozenset(Right))
    for method, path in addresses(app, theirs):
        assert _open(client, method, path)[0] == 404, f"{method} {path}"
