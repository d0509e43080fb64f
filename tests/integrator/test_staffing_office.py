"""A second CRM, written from the documentation alone, sends a campaign and reads what happened."""

import uuid
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from cxmc_ext import Notice, signals
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import ManualQueue
from tests.integrator import staffing_office as office
from tests.integrator.staffing_office import db
from tests.support.databases import POSTGRES

FORM = {
    "subject": "Neue Stellen", "from_name": "Ute", "from_email": "support@cedarstaffing.example",
    "template_id": "10001", "confirmed": "yes",
}  # fmt: skip


@pytest.fixture
def app(
    request: pytest.FixtureRequest, standin: StandinServer, queue: ManualQueue
) -> Iterator[Flask]:
    if not POSTGRES:
        pytest.skip("needs PostgreSQL")
    config = {
        "SQLALCHEMY_DATABASE_URI": request.getfixturevalue("postgres_url"),
        "CXMC_SECRET_KEYS": Fernet.generate_key().decode(),
        "CXMC_API_ROOT": standin.url,
        "CXMC_SETTLE_SECONDS": 0,
        "TESTING": True,
        "WTF_CSRF_ENABLED": False,
    }
    app = office.create_app(config, queue=queue)
    queue.bind(app)
    with app.app_context():
        db.session.execute(text('CREATE SCHEMA "personal büro"'))
        db.session.commit()
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


def cxmc(app: Flask, *words: str, stdin: str = "") -> None:
    result = app.test_cli_runner().invoke(args=["cxmc", *words], input=stdin)
    assert result.exit_code == 0, result.output


def connect(app: Flask) -> None:
    cxmc(app, "upgrade")
    cxmc(app, "activate")
    cxmc(app, "connect", "--key-stdin", stdin=f"{DEMO_KEY}\n")


@pytest.fixture
def mailshot(app: Flask) -> str:
    row = office.Mailshot(title="Neue Stellen")
    mails = ("Anna@Büro.example", None, "bernd@buero.example")
    people = [
        office.Worker(
            first="A", last=f"Müller {n}", mail=mail, mail_key=office.canonical_address(mail)
        )
        for n, mail in enumerate(mails)
    ]
    db.session.add_all([row, *people])
    db.session.flush()
    db.session.add_all(office.Addressee(mailshot=row.id, worker=person.id) for person in people)
    db.session.commit()
    return str(row.id)


@pytest.mark.slow
def test_it_sends_a_campaign_in_german_from_its_own_schema(
    app: Flask, mailshot: str, queue: ManualQueue, standin: StandinServer
) -> None:
    connect(app)
    web = app.test_client()
    web.get("/login")
    page = web.get(f"/mailshots/{mailshot}").text
    assert "Erstellen und senden" in page
    assert "Keine E-Mail-Adresse" in page
    assert web.post(f"/cxmc/campaigns/{mailshot}/send", data=FORM).status_code == 303
    told: list[Notice] = []

    def on_sent(_app: Flask, notice: Notice) -> None:
        told.append(notice)

    with signals.sent.connected_to(on_sent, sender=app):
        for _ in range(20):
            queue.run_all()
            cxmc(app, "tick")
            if told:
                break
    assert [notice.campaign_ref for notice in told] == [mailshot]
    assert sorted(standin.outbox.addresses()) == ["anna@xn--bro-hoa.example", "bernd@buero.example"]
    cxmc(app, "sync", "--mailing", "1")
    bernd = db.session.query(office.Worker).filter_by(mail="bernd@buero.example").one()
    timeline = web.get(f"/workers/{bernd.id}").text
    assert "Neue Stellen" in timeline
    assert "Gesendet" in timeline


def test_its_login_check_and_ours_agree(app: Flask, mailshot: str) -> None:
    connect(app)
    web = app.test_client()
    assert web.get("/mailshots/x").location == "/login"
    assert web.get(f"/cxmc/campaigns/{mailshot}").location.startswith("/login?next=")
    assert web.get("/cxmc/static/cxmc.css").status_code == 200


def test_its_tables_are_all_in_its_schema(app: Flask) -> None:
    cxmc(app, "upgrade")
    schemas = db.session.execute(
        text(
            "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_name ~ '^cxmc'"
        )
    )
    assert list(schemas.scalars()) == ["personal büro"]


@pytest.mark.slow
def test_an_id_of_another_kind_is_unknown(app: Flask) -> None:
    cxmc(app, "upgrade")
    cxmc(app, "activate")
    web = app.test_client()
    web.get("/login")
    for ref in ("7", "x" * 64, "9" * 30, str(uuid.uuid4())):
        assert web.get(f"/cxmc/campaigns/{ref}").status_code == 404
