"""Two requests at the same time."""

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

# Seconds in which the other request finishes, unless it has to wait for a lock.
LOCK_WAIT = 2


@pytest.fixture
def shared_crm(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_crm(tmp_path, SQLALCHEMY_DATABASE_URI=database_url)
    result = app.test_cli_runner().invoke(args=["init-demo"])
    assert result.exit_code == 0, result.output
    yield app
    close_crm(app)


@on_postgres
def test_the_last_two_roles_with_maintenance_do_not_both_lose_it(
    shared_crm: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    role_ids = change_roles(
        shared_crm, lambda role: setattr(role, "maintenance", role.name != "Intern")
    )
    first, second = log_in_administrator(shared_crm), log_in_administrator(shared_crm)
    others: list[threading.Thread] = []
    has_administrator = roles.has_administrator

    def check_and_start_other() -> bool:
        result = has_administrator()
        if not others:
            others.append(threading.current_thread())
            others[0] = run_in_thread(
                shared_crm, lambda: take_maintenance(second, role_ids["Recruiter"])
            )
            others[0].join(LOCK_WAIT)
        return result

    monkeypatch.setattr(roles, "has_administrator", check_and_start_other)
    take_maintenance(first, role_ids["Administrator"])
    join_thread(others[0])
    with shared_crm.app_context():
        assert db.session.scalars(select(Role.name).where(Role.maintenance)).all() == ["Recruiter"]


@on_postgres
def test_two_users_can_give_a_template_the_same_roles_at_the_same_time(
    shared_crm: Flask,
) -> None:
    role_ids, page = change_roles(shared_crm, lambda role: None), "/maintenance/document-templates/"
    with shared_crm.app_context():
        page += str(db.session.scalars(select(DocumentTemplate.id)).first())
    first, second = log_in_administrator(shared_crm), log_in_administrator(shared_crm)
    first.post(page)
    answers: list[int] = []
    others: list[threading.Thread] = []

    def give_roles(browser: Browser) -> None:
        answers.append(browser.post(page, role=list(role_ids.values())).status_code)

    def start_other() -> None:
        others.append(run_in_thread(shared_crm, lambda: give_roles(second)))
        others[0].join(LOCK_WAIT)

    with interrupt_before(shared_crm, "INSERT INTO template_role", start_other):
        give_roles(first)
    join_thread(others[0])
    assert answers == [303, 303]


def test_a_page_can_wake_a_worker_while_another_connection_writes(crm: Flask) -> None:
    """On SQLite a page view starts as a reader."""
    services: Services = crm.extensions["cxmc"].services
    with crm.app_context():
        pressed = activation.request_activation(services, Press(User("1", "Marjan Hofstra"), "on"))
    with crm.test_request_context("/"):
        writes = interrupt_before(
            crm, "UPDATE cxmc_operation", lambda: heartbeats.write_heartbeat(services, "t", "tick")
        )
        with writes:
            assert not runner.wake_if_stale(services, pressed), "Redis is away"


def log_in_administrator(app: Flask) -> Browser:
    browser = Browser(app.test_client())
    assert browser.log_in("admin").status_code == 303
    return browser


def take_maintenance(browser: Browser, role: int) -> None:
    """Take the right “Maintenance” from a role."""
    assert browser.post(f"/maintenance/user-roles/{role}", right=["campaigns"]).status_code == 303


def change_roles(app: Flask, change: Callable[[Any], object]) -> dict[str, int]:
    """Change each role; return their ids by name."""
    with app.app_context():
        roles_by_name = {role.name: role for role in db.session.scalars(select(Role))}
        for role in roles_by_name.values():
            change(role)
        db.session.commit()
        return {name: role.id for name, role in roles_by_name.items()}
