"""Two requests at the same moment."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cxmc_ext import User
from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.worker import runner
from host_app.database import db
from host_app.models import DocumentTemplate, Role
from host_app.pages import roles
from tests.host_app.conftest import Browser, close_crm, create_crm
from tests.support.concurrency import interrupt_before, join_thread, run_in_thread
from tests.support.databases import on_postgres

LONG = 2
"""Seconds in which the other one is through, unless she has to wait."""


@pytest.fixture
def shared(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_crm(tmp_path, SQLALCHEMY_DATABASE_URI=database_url)
    done = app.test_cli_runner().invoke(args=["init-demo"])
    assert done.exit_code == 0, done.output
    yield app
    close_crm(app)


@on_postgres
def test_the_last_two_roles_with_maintenance_do_not_both_lose_it(
    shared: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = change(shared, lambda role: setattr(role, "maintenance", role.name != "Intern"))
    first, second = administrator(shared), administrator(shared)
    others: list[threading.Thread] = []
    real = roles._somebody_maintains

    def looked() -> bool:
        found = real()
        if not others:
            others.append(threading.current_thread())
            others[0] = run_in_thread(shared, lambda: take(second, ids["Recruiter"]))
            others[0].join(LONG)
        return found

    monkeypatch.setattr(roles, "_somebody_maintains", looked)
    take(first, ids["Administrator"])
    join_thread(others[0])
    with shared.app_context():
        assert db.session.scalars(select(Role.name).where(Role.maintenance)).all() == ["Recruiter"]


@on_postgres
def test_two_who_give_the_same_role_the_same_template_are_both_told_that_it_was_saved(
    shared: Flask,
) -> None:
    ids, page = change(shared, lambda role: None), "/maintenance/document-templates/"
    with shared.app_context():
        page += str(db.session.scalars(select(DocumentTemplate.id)).first())
    first, second = administrator(shared), administrator(shared)
    first.post(page)
    answers: list[int] = []
    others: list[threading.Thread] = []

    def same(browser: Browser) -> None:
        answers.append(browser.post(page, role=list(ids.values())).status_code)

    def other() -> None:
        others.append(run_in_thread(shared, lambda: same(second)))
        others[0].join(LONG)

    with interrupt_before(shared, "INSERT INTO template_role", other):
        same(first)
    join_thread(others[0])
    assert answers == [303, 303]


def test_a_page_that_wakes_a_worker_while_somebody_else_writes_is_no_trouble(crm: Flask) -> None:
    """On SQLite a page begins as a reader."""
    services: Services = crm.extensions["cxmc"].services
    with crm.app_context():
        pressed = activation.request_activation(services, Press(User("1", "Marjan Hofstra"), "on"))
    with crm.test_request_context("/"):
        writes = interrupt_before(
            crm, "UPDATE cxmc_operation", lambda: heartbeats.write_heartbeat(services, "t", "tick")
        )
        with writes:
            assert not runner.wake_if_stale(services, pressed), "Redis is away"


def administrator(app: Flask) -> Browser:
    browser = Browser(app.test_client())
    assert browser.log_in("admin").status_code == 303
    return browser


def take(browser: Browser, role: int) -> None:
    """Its right to Maintenance."""
    assert browser.post(f"/maintenance/user-roles/{role}", right=["campaigns"]).status_code == 303


def change(app: Flask, each: Callable[[Any], object]) -> dict[str, int]:
    """Does something to each role; returns their ids by name."""
    with app.app_context():
        found = {role.name: role for role in db.session.scalars(select(Role))}
        for role in found.values():
            each(role)
        db.session.commit()
        return {name: role.id for name, role in found.items()}
