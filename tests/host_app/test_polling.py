"""A page view wakes a worker, and is shown, even while another connection writes."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from cxmc_ext import User
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import operations as rows
from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.screens import progress
from host_app.database import db

Interfere = Callable[..., None]


@pytest.fixture
def services(crm: Flask) -> Services:
    """With an operation that no worker has started."""
    services: Services = crm.extensions["cxmc"].services
    with crm.app_context():
        activation.request_activation(services, Press(User("1", "Marjan Hofstra"), "nonce"))
        values = {"nudged_at": 0.0, "created_at": Operation.created_at - 60}
        db.session.execute(update(Operation).values(**values))
        db.session.commit()
    return services


@pytest.fixture
def interfere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Interfere:
    """Let another process commit right after a query function has run, once."""

    def arrange(name: str, module: ModuleType = rows) -> None:
        query = getattr(module, name)

        def query_and_interfere(*args: Any) -> Any:
            monkeypatch.setattr(module, name, query)
            result = query(*args)
            other = sqlite3.connect(tmp_path / "crm.db")
            other.execute("UPDATE person SET last_name = last_name || '.'")
            other.commit()
            other.close()
            return result

        monkeypatch.setattr(module, name, query_and_interfere)

    return arrange


@pytest.fixture
def operation(crm: Flask, services: Services) -> Iterator[Operation]:
    """The operation, inside a page view, whose transaction starts as a reader on SQLite."""
    with crm.test_request_context("/"):
        yield db.session.execute(select(Operation)).scalar_one()


def test_a_page_wakes_a_worker_although_another_connection_wrote(
    services: Services, operation: Operation, interfere: Interfere
) -> None:
    interfere("is_due")
    progress.wake_if_stale(services, operation, services.clock())
    assert db.session.execute(select(Operation.nudged_at)).scalar_one() > 0


def test_a_page_is_shown_although_an_overdue_operation_cannot_be_ended_now(
    services: Services, operation: Operation, interfere: Interfere
) -> None:
    now = services.clock()
    db.session.rollback()
    db.session.execute(update(Operation).values(deadline=1))
    db.session.commit()
    interfere("account_id_of")
    progress.wake_if_stale(services, operation, now)
    assert operation.state == "queued"
    progress.wake_if_stale(services, operation, now)
    db.session.expire_all()
    assert operation.state not in ("queued", "running")


def test_the_first_page_creates_the_account_although_another_connection_wrote(
    crm: Flask, interfere: Interfere
) -> None:
    interfere("_find", accounts)
    with crm.test_request_context("/"):
        assert accounts.get_or_create(db.session(), "main").ref == "main"
