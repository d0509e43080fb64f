"""MailChimp's webhook: believed in nothing, heard at once, and never more often than every ten seconds."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import text

from cxmc_ext.domain.people import PersonKind
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_LIST, StandinServer
from cxmc_ext.standin.models import Member
from cxmc_ext.standin.service import membership
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.sync.webhook import MIN_GAP
from cxmc_ext.web import create_blueprint
from tests.support.databases import on_both
from tests.support.factories import create_mailing

SECRET, OTHER = "a" * 22, "b" * 22
LEFT = {
    "type": "unsubscribe",
    "data[email]": "ann@people.example",
    "data[list_id]": DEMO_LIST,
}


@pytest.fixture
def hooked(app: Flask, connected: Services) -> FlaskClient:
    """The app with a second door, whose settings name two secrets."""
    settings = replace(connected.settings, webhook_secrets=(SECRET, OTHER))
    CSRFProtect(app)
    made = create_blueprint(replace(connected, settings=settings))
    app.register_blueprint(made, name="hooked", url_prefix="/hooked")
    return app.test_client()


@pytest.fixture
def mailing(connected: Services) -> int:
    now = connected.clock()
    connected.session().execute(text("update cxmc_account set list_id = :i"), {"i": DEMO_LIST})
    connected.session().commit()
    return create_mailing(
        connected,
        "1",
        "sent",
        next_sync_at=now + 9999,
        remote_created_at=now,
        list_id="",
        sent_at=now,
    )


def a_member(standin: StandinServer) -> Member:
    """Somebody who is subscribed over there."""
    audience = standin.state.accounts[DEMO_ACCOUNT].lists[DEMO_LIST]
    return next(m for m in audience.members.values() if m.status == "subscribed")


def leaves(standin: StandinServer, member: Member) -> None:
    state = standin.state
    with state.lock:
        audience = state.accounts[DEMO_ACCOUNT].lists[DEMO_LIST]
        membership.set_status(state, audience, member, "unsubscribed", "admin")


def due(services: Services) -> int:
    found = services.session().execute(text("select next_sync_at from cxmc_mailing")).scalar_one()
    services.session().rollback()
    return int(found)


def post(web: FlaskClient, secret: str = SECRET, **more: str) -> int:
    return web.post(f"/hooked/webhook/{secret}", data=LEFT | more).status_code


def test_a_wrong_secret_is_no_page_and_either_right_one_is(
    hooked: FlaskClient, mailing: int
) -> None:
    for secret in ("c" * 22, SECRET[:-1], SECRET + "a", "é"):
        assert hooked.get(f"/hooked/webhook/{secret}").status_code == 404
        assert post(hooked, secret) == 404
    for secret in (SECRET, OTHER):
        assert hooked.get(f"/hooked/webhook/{secret}").status_code == 200
        assert post(hooked, secret) == 200
    assert hooked.get(f"/cxmc/webhook/{SECRET}").status_code == 404, "none is set there"


def test_a_forged_post_opts_nobody_out(
    hooked: FlaskClient,
    mailing: int,
    connected: Services,
    host: MemoryHost,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    address = a_member(standin).email_address
    ref = host.add_person(address)
    assert post(hooked, **{"data[email]": address}) == 200
    assert list(queue.nudges) == [("sync", mailing)]
    queue.run_all()
    assert ref not in host.opt_outs


def test_who_really_left_is_in_the_group_after_one_look(
    hooked: FlaskClient,
    mailing: int,
    connected: Services,
    host: MemoryHost,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    member = a_member(standin)
    ref = host.add_person(member.email_address, PersonKind.CONTACT)
    leaves(standin, member)
    assert post(hooked) == 200
    queue.run_all()
    assert ref in host.opt_outs


@pytest.mark.usefixtures("frozen_clock")
def test_a_thousand_posts_cause_one_check(
    hooked: FlaskClient, mailing: int, connected: Services, queue: ManualQueue, clock: Clock
) -> None:
    for _ in range(50):
        assert post(hooked) == 200
    assert len(queue.nudges) == 1
    session = connected.session()
    session.execute(text("update cxmc_account set unsubscribes_cursor = :n"), {"n": clock()})
    session.execute(text("update cxmc_mailing set next_sync_at = :n"), {"n": clock() + 9999})
    session.commit()
    queue.nudges.clear()
    for _ in range(5):
        assert post(hooked) == 200
    assert not queue.nudges
    assert MIN_GAP - 5 <= due(connected) - clock() <= MIN_GAP


@on_both
@pytest.mark.parametrize("list_id", ["a\0b", "\0", "x" * 60_000, "😀"])
def test_an_audience_that_cannot_exist_is_no_failure(hooked: FlaskClient, list_id: str) -> None:
    answer = hooked.post(f"/hooked/webhook/{SECRET}", data={**LEFT, "data[list_id]": list_id})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"type": "subscribe"}, 200),
        ({}, 200),
        ({"type": "x" * 70_000}, 413),
        ({**LEFT, "data[list_id]": "not ours"}, 200),
        ({**LEFT, "data[list_id]": ""}, 200),
    ],
)
def test_other_webhook_events_change_nothing(
    hooked: FlaskClient,
    mailing: int,
    connected: Services,
    queue: ManualQueue,
    form: dict[str, str],
    status: int,
) -> None:
    before = due(connected)
    assert hooked.post(f"/hooked/webhook/{SECRET}", data=form).status_code == status
    assert hooked.post(f"/hooked/webhook/{SECRET}", json=form).status_code == status
    endless = {"Transfer-Encoding": "chunked"}
    assert hooked.post(f"/hooked/webhook/{SECRET}", headers=endless).status_code == 413
    assert due(connected) == before
    assert not queue.nudges


def test_a_deactivated_module_plans_nothing(
    hooked: FlaskClient, mailing: int, connected: Services, queue: ManualQueue
) -> None:
    connected.session().execute(text("update cxmc_account set state = 'inactive'"))
    connected.session().commit()
    assert post(hooked) == 200
    assert not queue.nudges
