"""Every problem that `flask cxmc doctor` knows is caused, found, and reported with its remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_wtf import CSRFProtect
from sqlalchemy import text

from cxmc_ext.adapters.redis import check as redis_check
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY, StandinServer
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from tests.support.apps import close_app, make_app
from tests.support.installation import Installation

Break = Callable[[Installation], Any]
PROBLEMS: dict[str, tuple[Break, str, str]] = {
    "no secret": (
        lambda h: setattr(h.app, "secret_key", None),
        "fail SECRET_KEY is empty",
        "set it",
    ),
    "a short secret": (
        lambda h: setattr(h.app, "secret_key", "dev"),
        "fail SECRET_KEY is short",
        "secrets.token_hex()",
    ),
    "a cookie over http": (
        lambda h: h.set(SESSION_COOKIE_SECURE=False),
        "warn the session cookie is not Secure",
        "SESSION_COOKIE_SECURE=True",
    ),
    "a cookie for other sites": (
        lambda h: h.set(SESSION_COOKIE_SAMESITE=None),
        "warn the session cookie has no SameSite",
        'SESSION_COOKIE_SAMESITE="Lax"',
    ),
    "a cookie that MailChimp's login does not find": (
        lambda h: (
            h.set(SESSION_COOKIE_SAMESITE="Strict"),
            h.settings(oauth_client_id="id", oauth_client_secret="secret"),
        ),
        "warn “Log in with MailChimp” fails",
        'SESSION_COOKIE_SAMESITE="Lax"',
    ),
    "a cookie for scripts": (
        lambda h: h.set(SESSION_COOKIE_HTTPONLY=False),
        "fail scripts can read the session cookie",
        "SESSION_COOKIE_HTTPONLY=True",
    ),
    "debug": (
        lambda h: setattr(h.app, "debug", True),
        "warn debug is on and a key is stored",
        "turn debug off",
    ),
    "an unknown setting": (
        lambda h: h.set(CXMC_TICK_SECOND=3),
        "warn CXMC_TICK_SECOND is not a setting",
        "correct its name",
    ),
    "a stand-in": (
        lambda h: h.settings(api_root="http://127.0.0.1:5011"),
        "warn the API is a stand-in at http://127.0.0.1:5011",
        "clear CXMC_API_ROOT",
    ),
    "half a login application": (
        lambda h: h.settings(oauth_client_id="id"),
        "warn “Log in with MailChimp” is not offered: CXMC_OAUTH_CLIENT_SECRET is empty",
        "set both, or neither",
    ),
    "no time zone": (
        lambda h: h.app.config.pop("CXMC_TIME_ZONE"),
        "warn every time is shown in UTC",
        "set CXMC_TIME_ZONE",
    ),
    "no Redis": (
        lambda h: setattr(h.queue, "available", False),
        "fail Redis does not answer",
        "correct CXMC_REDIS_URL",
    ),
    "no worker": (
        lambda h: h.sql("delete from cxmc_heartbeat where kind = 'worker'"),
        "fail No worker is alive",
        "Start `flask cxmc worker`, or",
    ),
    "no scheduler": (
        lambda h: h.sql("delete from cxmc_heartbeat where kind = 'scheduler'"),
        "warn No scheduler is alive",
        "Start `flask cxmc scheduler`, or",
    ),
    "no tick": (
        lambda h: h.sql("delete from cxmc_heartbeat where kind = 'tick'"),
        "fail A worker is alive, but none looks for due work",
        "restart it",
    ),
    "a clock that is ahead": (
        lambda h: h.clock.advance(90),
        "s ahead of the database's",
        "with a time server",
    ),
    "a table that is missing": (
        lambda h: h.sql("drop table cxmc_event"),
        "fail cxmc_event is missing",
        "run `flask cxmc upgrade`",
    ),
    "an index that is missing": (
        lambda h: h.sql("drop index ix_cxmc_audit_at"),
        "warn index ix_cxmc_audit_at is missing",
        "create it again",
    ),
    "tables of a later release": (
        lambda h: h.sql("update cxmc_alembic_version set version_num = '99'"),
        "fail the tables belong to a later release",
        "install that release",
    ),
    "no Fernet key": (
        lambda h: setattr(h.services.vault, "keys", ("short",)),
        "fail the API key cannot be encrypted",
        "Create one with",
    ),
    "another Fernet key": (
        lambda h: setattr(h.services.vault, "keys", (f"{'A' * 43}=",)),
        "fail the stored MailChimp key is unusable",
        "add the earlier value after the new one",
    ),
    "a key that was refused": (
        lambda h: h.sql("update cxmc_account set key_refused = 1"),
        "fail MailChimp refuses the key",
        "initialize with a new key",
    ),
    "CSRFProtect that came later": (
        lambda h: (h.settings(webhook_secrets=("x" * 22,)), h.csrf()),
        "fail Flask-WTF refuses MailChimp's webhook",
        "call CSRFProtect(app) before CxMailChimp",
    ),
    "no webhook at MailChimp": (
        lambda h: h.settings(public_url="https://crm.example", webhook_secrets=("x" * 22,)),
        "warn MailChimp has no webhook of ours",
        "press Initialize",
    ),
    "a webhook at another address": (
        lambda h: (
            h.settings(public_url="https://crm.example", webhook_secrets=("x" * 22,)),
            h.sql("update cxmc_account set webhook_id = 'w', webhook_list_id = list_id"),
        ),
        "warn MailChimp's webhook has another address",
        "press Initialize: it is replaced",
    ),
    "a host that raises": (
        lambda h: setattr(h.services.host, "opt_out_groups", lambda tag: {}["nothing"]),
        "fail MemoryHost raises KeyError at ",
        "mend what is named last",
    ),
    "a host without a method": (
        lambda h: h.without("opted_out"),
        "fail MemoryHost has no opted_out",
        "HostContract",
    ),
}


def test_a_healthy_installation_has_only_ok_lines(installation: Installation) -> None:
    installation.settings(api_root="")
    assert installation.problems() == []
    assert installation.code == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_is_reported_with_its_remedy(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    installation.settings(api_root="")
    installation.without = lambda method: monkeypatch.setattr(MemoryHost, method, None)  # type: ignore[attr-defined]
    installation.csrf = lambda: CSRFProtect(installation.app)  # type: ignore[attr-defined]
    cause, fact, remedy = PROBLEMS[name]
    installation.app._got_first_request = False
    cause(installation)
    matching = [line for line in installation.problems() if fact in line]
    assert len(matching) == 1, installation.lines()
    assert remedy in matching[0].partition(": ")[2]
    assert installation.code == (1 if matching[0].startswith("fail") else 0)


def test_sqlite_without_its_settings_gives_two_findings(
    tmp_path: Path, standin: StandinServer, host: MemoryHost, queue: ManualQueue, clock: Clock
) -> None:
    app = make_app(
        f"sqlite:///{tmp_path / 'plain.db'}", standin.url, host, queue, clock, tame=False
    )
    with app.app_context():
        problems = Installation(app, app.extensions["cxmc"].services, queue, clock).problems()
        close_app(app)
    assert any("SQLite has no write-ahead log" in line for line in problems)
    assert any("SQLite transactions begin without the write lock" in line for line in problems)


ONLINE: dict[str, tuple[Callable[[StandinServer], Any], str]] = {
    "a key that was disabled": (
        lambda s: setattr(s.state.keys[DEMO_KEY], "state", "disabled"),
        "MailChimp does not accept the API key",
    ),
    "a role too low": (
        lambda s: setattr(s.state.keys[DEMO_KEY], "role", "viewer"),
        "doesn't have the necessary rights: its user is viewer",
    ),
    "a free plan": (
        lambda s: setattr(s.state.accounts[DEMO_ACCOUNT], "plan", "forever_free"),
        "This is a free MailChimp account",
    ),
    "an audience that is gone": (
        lambda s: s.state.accounts[DEMO_ACCOUNT].lists.clear(),
        "The audience no longer exists",
    ),
    "an API that does not answer": (
        lambda s: s.state.faults.add("GET /", "503_html", times=9),
        "MailChimp cannot be reached right now",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ONLINE)
def test_mailchimp_is_only_called_with_online(
    installation: Installation, standin: StandinServer, name: str
) -> None:
    calls = standin.state.requests.routes.total()
    installation.lines()
    assert standin.state.requests.routes.total() == calls
    assert (
        "ok   MailChimp accepts the key: role, plan and audience are sufficient."
        in installation.lines("--online")
    )
    cause, fact = ONLINE[name]
    cause(standin)
    (failure,) = [line for line in installation.problems("--online") if line.startswith("fail")]
    assert fact in failure
    assert len(failure.partition(": ")[2]) > 10
    assert installation.code == 1


@pytest.mark.slow
@pytest.mark.parametrize("args", [("doctor",), ("doctor", "--online"), ("status", "--json")])
def test_reading_creates_no_account(app: Flask, services: Services, args: tuple[str, ...]) -> None:
    app.test_cli_runner().invoke(args=["cxmc", *args])
    assert services.session().execute(text("SELECT count(*) FROM cxmc_account")).scalar() == 0


def test_without_a_key_mailchimp_is_not_asked(app: Flask, queue: ManualQueue, clock: Clock) -> None:
    installation = Installation(app, app.extensions["cxmc"].services, queue, clock)
    assert any("MailChimp was not asked" in line for line in installation.problems("--online"))


def test_doctor_reports_problems_of_redis(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Problem("queue_evicts", values={"policy": "allkeys-lru"})
    monkeypatch.setattr(redis_check, "find_problem", lambda *_: problem)
    (line,) = [line for line in installation.problems() if "Redis" in line]
    assert line.startswith("fail Redis evicts keys (allkeys-lru): Set maxmemory-policy noeviction")
    installation.queue.available = False
    (line,) = [line for line in installation.problems() if "Redis" in line]
    assert line.startswith("fail Redis does not answer: "), "and nothing else about it"


def test_a_queue_of_the_hosts_own_is_not_taken_for_redis(installation: Installation) -> None:
    lines = [line for line in installation.lines() if "queue" in line or "Redis" in line]
    assert "ok   your queue takes wake-ups: workers are woken at once." in lines
    assert any(
        line.startswith("ok   Redis does not answer: your queue needs none") for line in lines
    )
    assert not any("Redis answers" in line for line in lines)
