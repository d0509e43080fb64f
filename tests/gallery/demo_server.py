"""The demo CRM on a free port: real pages, a stand-in in this process, a queue turned by hand."""

import shutil
import tempfile
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from cxmc_ext import CxMailChimp
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue
from cxmc_ext.usecases.worker import wakeups
from host_app import create_app
from host_app.database import db
from host_app.host import DemoHost
from host_app.models import MAILCHIMP, Account, Campaign, CampaignMember, Person

ADMIN = User("1", "Marjan Hofstra", "marjan.hofstra@cedarstaffing.example")
RECRUITER = User("2", "Sanne de Wit", "sanne.dewit@cedarstaffing.example")


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """The gallery prints its own lines only."""


class DemoServer:
    """Use as a context manager; `url` is the CRM's. Nothing happens unless `work()` is called."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cxmc-gallery-"))
        self.standin = StandinServer()
        self.queue = ManualQueue()

    def __enter__(self) -> "DemoServer":
        self.standin.start()
        clock = self.standin.state.clock
        extension = CxMailChimp(host=DemoHost, queue=self.queue, clock=clock.now)
        with patch("host_app.mailchimp", extension):
            self.app = create_app(self._config())
        self.services: Services = self.app.extensions["cxmc"].services
        done = self.app.test_cli_runner().invoke(args=["init-demo"])
        assert done.exit_code == 0, done.output
        self.queue.handlers = {
            "operation": partial(_in_context, self.app, wakeups.on_operation_nudge),
            "sync": partial(_in_context, self.app, wakeups.on_sync_nudge),
        }
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.standin.stop()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        with suppress(OSError):
            shutil.rmtree(self.folder)

    def run_queue(self) -> None:
        """Everything that was asked for is done."""
        self.queue.run_all()

    def drop_queue(self) -> None:
        """What was asked for stays undone."""
        self.queue.nudges.clear()

    def advance(self, **time_of: int) -> None:
        """:param time_of: hours or minutes that pass at MailChimp and here."""
        minutes = time_of.get("minutes", 0) + 60 * time_of.get("hours", 0)
        self.standin.state.advance(60.0 * minutes)

    def campaign(self, title: str, people: int = 0, contacts: int = 0) -> str:
        """A MailChimp campaign of the recruiter with the first so many of each list; its ref."""
        recruiter = db.session.scalars(select(Account).where(Account.username == "recruiter")).one()
        made = Campaign(
            title=title,
            type=MAILCHIMP,
            owner_id=recruiter.id,
            office_id=recruiter.office_id,
            created_at=int(time.time()),
        )
        db.session.add(made)
        db.session.flush()
        for kind, count in (("candidate", people), ("contact", contacts)):
            ids = select(Person.id).where(Person.kind == kind).order_by(Person.id).limit(count)
            for person_id in db.session.scalars(ids).all():
                at = int(time.time())
                db.session.add(CampaignMember(campaign_id=made.id, person_id=person_id, at=at))
        ref = made.ref
        db.session.commit()
        return ref

    def _config(self) -> dict[str, Any]:
        return {
            "INSTANCE": self.folder,
            "CXMC_SECRET_KEYS": Fernet.generate_key().decode(),
            "CXMC_API_ROOT": self.standin.url,
            "CXMC_SETTLE_SECONDS": 0,
            "CXMC_REDIS_URL": "redis://127.0.0.1:1/0",
        }


def _in_context(app: Flask, work: Any, row: int) -> None:
    with app.app_context():
        work(app.extensions["cxmc"].services, row)
