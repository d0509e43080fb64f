"""A page that only reads wakes a worker although others write meanwhile; busy or not, it is shown."""

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

Overtake = Callable[..., None]


@pytest.fixture
def services(crm: Flask) -> Services:
    """With a press that nobody carries out."""
    found: Services = crm.extensions["cxmc"].services
    with crm.app_context():
        activation.request_activation(found, Press(User("1", "Marjan Hofstra"), "nonce"))
        asleep = {"nudged_at": 0.0, "created_at": Operation.created_at - 60}
        db.session.execute(update(Operation).values(**asleep))
        db.session.commit()
    return found


@pytest.fixture
def overtake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Overtake:
    """Another process commits right after that statement, once."""

    def arrange(name: str, module: ModuleType = rows) -> None:
        real = getattr(module, name)

        def overtaken(*given: Any) -> Any:
            monkeypatch.setattr(module, name, real)
            found = real(*given)
            other = sqlite3.connect(tmp_path / "crm.db")
            other.execute("UPDATE person SET last_name = last_name || '.'")
            other.commit()
            other.close()
            return found

        monkeypatch.setattr(module, name, overtaken)

    return arrange


@pytest.fixture
def viewing(crm: Flask, services: Services) -> Iterator[Operation]:
    """Inside a view of a page, whose transaction the demo begins as a reader's."""
    with crm.test_request_context("/"):
        yield db.session.execute(select(Operation)).scalar_one()


def test_another_one_that_wrote_meanwhile_does_not_keep_a_poll_from_waking(
    services: Services, viewing: Operation, overtake: Overtake
) -> None:
    overtake("is_due")
    progress.wake_if_stale(services, viewing, services.clock())
    assert db.session.execute(select(Operation.nudged_at)).scalar_one() > 0


def test_a_page_is_shown_although_what_is_overdue_cannot_be_ended_right_now(
    services: Services, viewing: Operation, overtake: Overtake
) -> None:
    now = services.clock()
    db.session.rollback()
    db.session.execute(update(Operation).values(deadline=1))
    db.session.commit()
    overtake("account_of")
    progress.wake_if_stale(services, viewing, now)
    assert viewing.state == "queued"
    progress.wake_if_stale(services, viewing, now)
    db.session.expire_all()
    assert viewing.state not in ("queued", "running")


def test_the_first_page_of_all_makes_the_account_although_another_one_wrote(
    crm: Flask, overtake: Overtake
) -> None:
    overtake("_find", accounts)
    with crm.test_request_context("/"):
        assert accounts.get_or_create(db.session(), "main").ref == "main"
