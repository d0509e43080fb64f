"""Run by an interpreter whose packages are to be tried: a tab, a campaign sent by real workers, its events.

Called with a folder for the database and the URL of a Redis. Prints “sent and read” at the end.
"""

import sys
import time

from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

from cxmc_ext import OPT_OUT_TAG, CxMailChimp, PersonKind
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import MemoryHost

FORM = {
    "subject": "Vacatures", "from_name": "Rosa", "from_email": "support@cedarstaffing.example",
    "template_id": "10001", "confirmed": "yes",
}  # fmt: skip


def make_app(host: MemoryHost, folder: str, redis_url: str, api_root: str) -> Flask:
    app = Flask("acme")
    app.config.update(
        SECRET_KEY="x",
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/story.db",
        CXMC_SECRET_KEYS=Fernet.generate_key().decode(),
        CXMC_API_ROOT=api_root,
        CXMC_REDIS_URL=redis_url,
        CXMC_SETTLE_SECONDS=0,
    )
    db = SQLAlchemy()
    db.init_app(app)
    CxMailChimp(app, host=host)
    with app.app_context():
        event.listen(db.engine, "connect", _on_connect)
        event.listen(db.engine, "begin", lambda link: link.exec_driver_sql("BEGIN IMMEDIATE"))
    return app


def _on_connect(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]


def command(app: Flask, *words: str, stdin: str = "") -> None:
    result = app.test_cli_runner().invoke(args=["cxmc", *words], input=stdin)
    if result.exit_code:
        raise SystemExit(f"{words}: {result.output} {result.exception!r}")


def main(folder: str, redis_url: str) -> None:
    host = MemoryHost()
    host.ensure_opt_out_groups(OPT_OUT_TAG, dict.fromkeys(PersonKind, ""))  # workers are forks
    host.login("admin")
    campaign = host.add_campaign()
    host.add_to_campaign(campaign, *(host.add_person(f"p{n}@people.example") for n in range(3)))
    with StandinServer() as standin:
        app = make_app(host, folder, redis_url, standin.url)
        command(app, "init-db")
        command(app, "activate")
        command(app, "connect", "--key-stdin", stdin=f"{DEMO_KEY}\n")
        path = f"/cxmc/campaigns/{campaign}"
        web = app.test_client()
        if "Create and send" not in web.get(path).text:
            raise SystemExit("the tab has no form")
        if web.post(f"{path}/send", data=FORM).status_code != 303:
            raise SystemExit("the form was refused")
        kinds = _events(app)
        mailed = standin.outbox.addresses()
    if len(mailed) != 3 or kinds != ["sent"] * 3:
        raise SystemExit(f"mailed {len(mailed)}, events {kinds}")
    print("sent and read")


def _events(app: Flask) -> list[str]:
    """Lets workers send and read until the events are there."""
    kinds: list[str] = []
    for _ in range(30):
        command(app, "worker", "--burst")
        command(app, "sync", "--mailing", "1")
        command(app, "tick")
        with app.app_context():
            kinds = [stored.kind for stored in CxMailChimp(host=MemoryHost).events()]
            app.extensions["sqlalchemy"].session.remove()
        if kinds:
            break
        time.sleep(0.5)
    return kinds


if __name__ == "__main__":
    main(*sys.argv[1:3])
