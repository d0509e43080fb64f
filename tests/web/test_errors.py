"""Too many presses, a busy database, a mistake of ours: a sentence, and what was typed is kept."""

import logging
import sqlite3
import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import rate_limit as counted
from cxmc_ext.services import Services
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.shared import db_errors, rate_limit
from tests.support.browser import Browser, Page

FORM = {
    "nonce": "the-press-of-this-form",
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
    "confirmed": "yes",
}


def sends(services: Services) -> list[int]:
    session = services.session()
    found = list(session.scalars(select(Operation.id).where(Operation.kind == "send")))
    session.rollback()
    return found


def hidden(page: Page) -> dict[str, str]:
    return {a["name"]: a["value"] for a in page.elements("input") if a.get("type") == "hidden"}


@pytest.mark.usefixtures("frozen_clock")
def test_the_sixty_first_press_within_a_minute_is_refused_with_a_sentence(
    campaign: str, browser: Browser, host: MemoryHost, clock: Clock, services: Services
) -> None:
    path = f"/cxmc/campaigns/{campaign}"
    for _ in range(rate_limit.MAX_PRESSES):
        browser.submit(f"{path}/update", 409)
    answer = browser.post(f"{path}/send", **FORM)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "That was more than 60 clicks within a minute." in answer.get_data(as_text=True)
    assert "60 clicks" in answer.headers["HX-Trigger"], "said as a toast: the form stays as it is"
    assert sends(services) == []
    browser.open_page(path)
    browser.post(f"{path}/readiness", from_email="a@b.example")
    host.login("admin")
    browser.submit(f"{path}/update", 409)
    host.login("recruiter")
    clock.advance(rate_limit.WINDOW_SECONDS)
    browser.submit(f"{path}/send", 200, **FORM)


def test_presses_of_all_processes_are_counted_together(app: Flask, services: Services) -> None:
    allowed = []
    together = threading.Barrier(8)

    def press() -> None:
        with app.app_context():
            together.wait(10)
            allowed.extend(
                counted.count_press(services.session(), "u1", 1000, 60, 60) for _ in range(20)
            )
            app.extensions["sqlalchemy"].session.remove()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(allowed), sum(allowed)) == (160, 60)
    assert counted.count_press(services.session(), "u2", 1000, 60, 60)
    assert counted.count_press(services.session(), "u1", 900, 60, 60), "a clock that was put back"


def test_two_first_presses_at_the_same_moment_both_count(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one makes the user's row when this one has just found none to count in."""
    session, others = services.session(), []
    real = counted._count

    def overtaken(*given: Any) -> bool:
        found = real(*given)
        if not others:
            others.append("on its way")
            session.rollback()
            assert counted.count_press(*given)
        return found

    monkeypatch.setattr(counted, "_count", overtaken)
    assert counted.count_press(session, "u1", 1000, 2, 60)
    monkeypatch.undo()
    assert not counted.count_press(session, "u1", 1000, 2, 60), "two presses, two allowed"


def test_a_database_locked_for_ten_seconds_keeps_the_form_and_no_half_state(
    app: Flask,
    campaign: str,
    browser: Browser,
    browser_without_js: Browser,
    queue: ManualQueue,
    services: Services,
) -> None:
    engine = app.extensions["sqlalchemy"].engine
    services.session().rollback()
    other = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    path = f"/cxmc/campaigns/{campaign}/send"
    app.extensions["sqlalchemy"].session.remove()
    with other.connect() as lock:
        lock.exec_driver_sql("BEGIN IMMEDIATE")
        with engine.connect() as link:  # the pool hands it out again
            link.connection.driver_connection.execute("PRAGMA busy_timeout=20")
            link.rollback()
        by_script, page = browser.post(path, **FORM), browser_without_js.post(path, **FORM)
        lock.exec_driver_sql("ROLLBACK")
    other.dispose()
    for answer in (by_script, page):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "The database is busy." in answer.get_data(as_text=True)
    assert sends(services) == []
    assert not queue.nudges
    kept = hidden(Page(page.get_data(as_text=True)))
    assert FORM.items() <= kept.items()
    assert browser_without_js.post(path, **kept).status_code == 303
    assert browser_without_js.post(path, **kept).status_code == 303
    assert len(sends(services)) == 1, "the same press, however often it is sent"


def test_a_key_is_never_in_an_answer_also_when_the_database_is_busy(
    campaign: str, browser_without_js: Browser, host: MemoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.login("admin")
    trouble = OperationalError("", {}, sqlite3.OperationalError("database is locked"))
    monkeypatch.setattr(rate_limit, "within_rate_limit", lambda *_: _raise(trouble))
    key = "0123456789abcdef0123456789abcdef-us21"
    answer = browser_without_js.post(f"/cxmc/campaigns/{campaign}/settings", key=key)
    assert answer.status_code == 503
    assert key not in answer.get_data(as_text=True)


@pytest.mark.parametrize("script", [True, False])
def test_a_mistake_is_told_by_a_reference_and_nothing_of_its_text(
    app: Flask,
    campaign: str,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    script: bool,
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    secret = "SELECT secret FROM /srv/app.py"
    monkeypatch.setattr(sending_requests, "request_send", lambda *_: _raise(RuntimeError(secret)))
    caplog.set_level(logging.ERROR, "cxmc_ext")
    answer = Browser(client, script).post(f"/cxmc/campaigns/{campaign}/send", **FORM)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "SELECT" not in text
    reference = next(r for r in caplog.records if r.name.startswith("cxmc_ext")).args[0]  # type: ignore[index]
    assert str(reference) in text


def test_a_lacking_table_is_no_busy_database() -> None:
    lacking = OperationalError("", {}, sqlite3.OperationalError("no such table: cxmc_account"))
    locked = OperationalError("", {}, sqlite3.OperationalError("database is locked"))
    assert (db_errors.is_transient(lacking), db_errors.is_transient(locked)) == (False, True)


def _raise(error: Exception) -> None:
    raise error
