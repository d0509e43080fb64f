"""The whole plant of real processes: stand-in, Redis, workers, and our own way into the database."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import StandinServer
from cxmc_ext.usecases.sending import requests as sending_requests
from tests.faults.scenarios import send_order
from tests.support.paths import ROOT
from tests.support.redis_server import RedisServer


@dataclass
class WorkerProcesses:
    """The running whole: stand-in, Redis, workers, and our own way into the database."""

    app: Flask
    standin: StandinServer
    redis: RedisServer
    folder: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)
    killed_at: dict[str, float] = field(default_factory=dict)
    resumed_after: dict[str, float] = field(default_factory=dict)

    def start_worker(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            self.workers.append(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "flask",
                        "--app",
                        "tests.faults.worker_app",
                        "cxmc",
                        "worker",
                    ],
                    cwd=ROOT,
                    env=os.environ | {"CXMC_PLANT_WORKER": "1"},
                    stdout=log,
                    stderr=log,
                )
            )

    def submit_send(self, name: str) -> int:
        """Creates and sends the next campaign; its reference is its place in the list."""
        services, ref = self.app.extensions["cxmc"].services, str(len(self.operations) + 1)
        with self.app.app_context():
            user = services.host.users["recruiter"][0]
            self.operations[name] = sending_requests.request_send(
                services, Press(user, name, ref), send_order()
            )
        return self.operations[name]

    def newest_operation(self) -> int:
        with self.app.app_context():
            session = self.app.extensions["cxmc"].services.session()
            found = session.execute(select(func.max(Operation.id))).scalar_one()
            session.rollback()
            return int(found)

    def campaign_ref(self, name: str) -> str:
        return str(list(self.operations).index(name) + 1)

    def operation_state(self, name: str) -> tuple[str, str]:
        """State and who holds it."""
        with self.app.app_context():
            session = self.app.extensions["cxmc"].services.session()
            row = session.execute(
                select(Operation.state, Operation.lease_token).where(
                    Operation.id == self.operations[name]
                )
            ).one()
            session.rollback()
            return row[0], row[1]

    def mailing_state(self, name: str) -> str:
        with self.app.app_context():
            session = self.app.extensions["cxmc"].services.session()
            found = session.execute(
                select(Mailing.state).where(Mailing.campaign_ref == self.campaign_ref(name))
            ).scalar_one()
            session.rollback()
            return str(found)

    def parent_worker(self, pid: int) -> subprocess.Popen[bytes]:
        text = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return next(each for each in self.workers if each.pid == int(text[1]))
