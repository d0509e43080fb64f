"""MailChimp's webhook: believed in nothing, heard at once, and never more often than every ten seconds."""

import hashlib
import hmac
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import text

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.people import PersonKind
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_LIST, StandinServer
from cxmc_ext.standin.models import Member
from cxmc_ext.standin.service import membership
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.sync.webhook import MIN_GAP
from cxmc_ext.web import create_blueprint
from tests.support.databases import on_both
from tests.support.factories import create_mailing

SECRET, OTHER = "a" * 22, "b" * 22
KEY = "what MailChimp signs with"
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


@pytest.mark.slow
@on_both
@pytest.mark.parametrize("list_id", ["a\0b", "\0", "x" * 60_000, "😀"])
def test_an_audience_that_cannot_exist_is_no_failure(hooked: FlaskClient, list_id: str) -> None:
    answer = hooked.post(f"/hooked/webhook/{SECRET}", data={**LEFT, "data[list_id]": list_id})
    assert answer.status_code == 200


@pytest.mark.slow
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


def signature(body: bytes, key: str = KEY, at: int | None = None, now: int = 0) -> str:
    moment = now if at is None else at
    digest = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@pytest.fixture
def signed(mailing: int, connected: Services) -> None:
    """MailChimp signs what it posts about the audience."""
    session = connected.session()
    ((account_id,),) = session.execute(text("select id from cxmc_account"))
    accounts.update_columns(
        session,
        account_id,
        webhook_id="w",
        webhook_list_id=DEMO_LIST,
        sealed_webhook_key=api_keys.seal(connected, account_id, KEY),
    )
    session.commit()


def post_body(web: FlaskClient, body: bytes, **headers: str) -> int:
    form_type = "application/x-www-form-urlencoded"
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"/hooked/webhook/{SECRET}"
    return web.post(url, data=body, content_type=form_type, headers=given).status_code


@on_both
@pytest.mark.usefixtures("frozen_clock", "signed")
def test_a_call_that_mailchimp_did_not_sign_changes_nothing(
    hooked: FlaskClient, connected: Services, queue: ManualQueue, clock: Clock
) -> None:
    body, now, before = urlencode(LEFT).encode(), clock(), due(connected)
    wrong = {
        "unsigned": "",
        "forged": signature(body, "another key", now),
        "of another body": signature(body + b"&x=1", now=now),
        "replayed later": signature(body, at=now - 301),
        "from the future": signature(body, at=now + 301),
        "of no shape": "t=1,v1=é",
        "with another time": signature(body, now=now).replace(f"t={now}", f"t={now - 1}"),
    }
    for name, header in wrong.items():
        given = {"X_Mailchimp_Signature": header} if header else {}
        assert post_body(hooked, body, **given) == 403, name
    assert (due(connected), list(queue.nudges)) == (before, [])
    good = signature(body, now=now)
    assert post_body(hooked, body, X_Mailchimp_Signature=good) == 200
    assert [kind for kind, _ in queue.nudges] == ["sync"]
    queue.nudges.clear()
    assert post_body(hooked, body, X_Mailchimp_Signature=good) == 200, "once more, at once"
    assert list(queue.nudges) == []


@pytest.mark.usefixtures("frozen_clock", "signed")
def test_a_host_that_reads_the_form_first_breaks_no_signature(
    app: Flask, connected: Services, queue: ManualQueue, clock: Clock
) -> None:
    object.__setattr__(connected.settings, "webhook_secrets", (SECRET,))
    app.before_request(lambda: request.form.get("token") and None)
    body = urlencode(LEFT).encode()
    answer = app.test_client().post(
        f"/cxmc/webhook/{SECRET}",
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Mailchimp-Signature": signature(body, now=clock())},
    )
    assert (answer.status_code, len(queue.nudges)) == (200, 1)


def test_a_deactivated_module_plans_nothing(
    hooked: FlaskClient, mailing: int, connected: Services, queue: ManualQueue
) -> None:
    connected.session().execute(text("update cxmc_account set state = 'inactive'"))
    connected.session().commit()
    assert post(hooked) == 200
    assert not queue.nudges
