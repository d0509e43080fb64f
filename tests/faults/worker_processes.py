"""A stand-in, a Redis and real worker processes, with our own connection to their database."""

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
from tests.support.processes import parent_of
from tests.support.redis_server import RedisServer


@dataclass
class WorkerProcesses:
    """Everything that runs; operations are known by the name of their test case."""

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
                    env=os.environ | {"CXMC_FAULTS_WORKER": "1"},
                    stdout=log,
                    stderr=log,
                )
            )

    def submit_send(self, name: str) -> int:
        """Sends the next campaign; its reference is its place in the list, from 1."""
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
            newest = session.execute(select(func.max(Operation.id))).scalar_one()
            session.rollback()
            return int(newest)

    def campaign_ref(self, name: str) -> str:
        return str(list(self.operations).index(name) + 1)

    def operation_state(self, name: str) -> tuple[str, str]:
        """Its state, and the token of its lease."""
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
            state = session.execute(
                select(Mailing.state).where(Mailing.campaign_ref == self.campaign_ref(name))
            ).scalar_one()
            session.rollback()
            return str(state)

    def parent_worker(self, pid: int) -> subprocess.Popen[bytes]:
        parent = parent_of(pid)
        return next(worker for worker in self.workers if worker.pid == parent)
