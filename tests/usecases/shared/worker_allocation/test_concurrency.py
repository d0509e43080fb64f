"""Fairness when two accounts want the same free worker at the same moment."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import operations as rows
from cxmc_ext.db.queries import worker_allocation as worker_allocation_queries
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryMultiAccountHost
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.worker import runner
from tests.support.concurrency import join_thread, run_in_thread
from tests.support.databases import on_postgres
from tests.support.two_tenants import NORTH, SOUTH, TwoTenants

LONG = 2
"""Seconds in which the other one has taken it, unless it has to wait."""


@pytest.fixture
def two_tenants(
    services: Services, host: MemoryMultiAccountHost, queue: ManualQueue, standin: StandinServer
) -> TwoTenants:
    """Both accounts are connected and hold one of four live workers each."""
    tenants = TwoTenants(services, host, queue, standin).connect()
    for number in range(4):
        heartbeats.write_heartbeat(services, f"worker:here:{number}", "worker")
    for ref in (NORTH, SOUTH):
        assert runner.claim(services, press(tenants, ref)) is not None
    return tenants


def press(two_tenants: TwoTenants, ref: str) -> int:
    return two_tenants.send(ref, two_tenants.campaign(ref, f"p@{ref}.example"))


@on_postgres
def test_two_accounts_with_workers_leave_one_free(
    app: Flask, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = press(two_tenants, NORTH), press(two_tenants, SOUTH)
    threads: list[threading.Thread] = []
    claim: Callable[..., bool] = rows.claim

    def overtaken(*args: object) -> bool:
        if not threads:
            threads.append(run_in_thread(app, lambda: runner.claim(two_tenants.services, south)))
            threads[0].join(LONG)
        return claim(*args)

    monkeypatch.setattr(rows, "claim", overtaken)
    assert runner.claim(two_tenants.services, north) is not None
    join_thread(threads[0])
    session = two_tenants.services.session()
    state = session.get_one(Operation, south, populate_existing=True).state
    assert state == "queued", "the last free worker is for an account that has none"


def test_sqlite_takes_the_write_lock_before_counting_free_workers(tmp_path: Path) -> None:
    """Whatever kind of transaction the Host begins."""
    engine = create_engine(f"sqlite:///{tmp_path}/crm.db", connect_args={"timeout": 0.1})
    Account.metadata.create_all(engine)
    with Session(engine) as first, Session(engine) as second:
        worker_allocation_queries.lock_allocation(first, 1)
        with pytest.raises(OperationalError, match="locked"):
            worker_allocation_queries.lock_allocation(second, 2)
        first.commit()
        second.rollback()
        worker_allocation_queries.lock_allocation(second, 2)
    engine.dispose()
