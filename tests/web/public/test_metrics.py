"""The page for Prometheus: shut without its token, numbers that a parser can read with it."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.web import create_blueprint

TOKEN = "a-token-of-some-length"
_LINE = re.compile(r'(cxmc_\w+)(?:\{(\w+)="((?:[^"\\]|\\.)*)"\})? (-?[0-9.e+]+)')


@pytest.fixture
def open_app(services: Services, app: Flask) -> Flask:
    """The app with a second door, whose settings name a token."""
    settings = replace(services.settings, metrics_token=TOKEN)
    watched = create_blueprint(replace(services, settings=settings))
    app.register_blueprint(watched, name="watched", url_prefix="/watched")
    return app


def read(app: Flask, token: str | None = TOKEN, door: str = "watched") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    answer = app.test_client().get(f"/{door}/metrics", headers=headers)
    return answer.status_code, answer.text


def test_there_is_no_such_page_unless_a_token_is_set(app: Flask) -> None:
    for token in (None, "", TOKEN):
        assert read(app, token, "cxmc")[0] == 404


@pytest.mark.slow
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN[:-1], "é"])
def test_a_wrong_token_gets_what_no_page_gets(open_app: Flask, token: str | None) -> None:
    assert read(open_app, token)[0] == 404


def test_every_line_is_a_number_under_its_name(
    open_app: Flask, services: Services, connected: Services, host: MemoryHost, queue: ManualQueue
) -> None:
    heartbeats.write_heartbeat(services, "worker:a:1", "worker")
    services.session().execute(text("update cxmc_operation set state = 'failed' where id = 1"))
    services.session().commit()
    host.login(None)
    queue.available = False
    status, body = read(open_app)
    assert status == 200
    found: dict[tuple[str, str], float] = {}
    for line in body.splitlines():
        if not line.startswith("# "):
            parsed = _LINE.fullmatch(line)
            assert parsed, line
            found[parsed[1], parsed[3] or ""] = float(parsed[4])
    assert found["cxmc_module_active", ""] == 1
    assert found["cxmc_queue_reachable", ""] == 0
    assert found["cxmc_operations", "failed"] == 1
    assert found["cxmc_heartbeat_age_seconds", "worker"] < 5
    assert ("cxmc_heartbeat_age_seconds", "scheduler") not in found
    assert found["cxmc_calls_last_hour", "ok"] > 3
    assert "us" not in {label for _, label in found}, "nothing of the key"
