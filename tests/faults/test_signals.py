"""Real workers, killed with SIGKILL between the commit of what happened and the end of its signal."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.notices.telling import LEASE
from cxmc_ext.usecases.worker import tick
from tests.faults import signals_app
from tests.support.apps import close_app
from tests.support.databases import on_both
from tests.support.paths import ROOT
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, on_both]

TIMEOUT = 60


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="cxmc", dir="/tmp"))
    monkeypatch.setattr(signals_app, "FOLDER", path)
    monkeypatch.setenv("CXMC_SIGNALS_FOLDER", str(path))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def crm(
    folder: Path, database_url: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The app, in the process of the test: it presses, and looks at the database."""
    monkeypatch.setenv("CXMC_SIGNALS_DATABASE", database_url)
    monkeypatch.setenv("CXMC_SIGNALS_REDIS", redis_server.url)
    monkeypatch.setenv("CXMC_SIGNALS_SECRET", Fernet.generate_key().decode())
    app = signals_app.create_app()
    with app.app_context():
        services: Services = app.extensions["cxmc"].services
        app.test_cli_runner().invoke(args=["cxmc", "init-db"])
        services.session().commit()
        yield app
        close_app(app)


class Workers:
    """`flask cxmc worker` in processes of their own."""

    def __init__(self, log: Path, session: Session) -> None:
        self.log, self.session = log, session
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """Returns when its first tick has begun, and it waits for jobs."""
        arguments = ["-m", "flask", "--app", "tests.faults.signals_app", "cxmc", "worker"]
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, stdout=log, stderr=log
            )
        self.running.append(worker)
        wait_until(lambda: self._is_listening(len(self.running)), TIMEOUT)
        return worker

    def _is_listening(self, count: int) -> bool:
        ticks = self.session.scalars(select(Heartbeat.name).where(Heartbeat.kind == "tick")).all()
        self.session.rollback()
        return bool(ticks) and self.log.read_text().count("*** Listening") == count


@pytest.fixture
def workers(crm: Flask, folder: Path) -> Iterator[Workers]:
    workers = Workers(folder / "worker.log", crm.extensions["cxmc"].services.session())
    yield workers
    for worker in workers.running:
        worker.kill()
        worker.wait(10)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (signals_app.AFTER_COMMIT, ["new"]),
        (signals_app.AFTER_CLAIM, ["repeat"]),  # nobody knows that it was not told
        (signals_app.IN_LISTENER, ["new", "repeat"]),
    ],
)
def test_a_worker_killed_before_the_signal_was_told_loses_and_blocks_nothing(
    crm: Flask, workers: Workers, moment: str, told: list[str]
) -> None:
    services: Services = crm.extensions["cxmc"].services
    session, admin = services.session(), services.host.users["admin"][0]
    first = workers.start()
    signals_app.kill_at(moment)
    activation.request_activation(services, Press(admin, "activate"))
    assert first.wait(TIMEOUT) == -9
    assert session.scalars(select(Operation.state)).all() == ["done"], "what it tells is committed"
    (notice_id,) = session.scalars(select(Notice.id).where(Notice.seq.is_(None))).all()
    session.execute(update(Notice).values(lease_until=Notice.lease_until - LEASE))
    session.commit()
    workers.start()
    wait_until(lambda: _waiting(session) == 0, TIMEOUT)
    tick.tick(services)
    assert signals_app.told() == [f"{notice_id} {each}" for each in told]
    assert "RuntimeError: activated" in workers.log.read_text(), "the listener that fails"


def _waiting(session: Session) -> int:
    count = len(session.scalars(select(Notice.id)).all())
    session.rollback()
    return count
