"""Log lines for programs: one object each, no text of an exception, and the worker's own too."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cxmc_ext.adapters.json_log import JsonFormatter
from cxmc_ext.domain.errors import MailChimpError
from tests.support.mailchimp_clients import client_for
from tests.support.processes import WORKER_APP
from tests.support.redis_server import RedisServer


def line(record: logging.LogRecord) -> dict[str, object]:
    found: dict[str, object] = json.loads(JsonFormatter().format(record))
    return found


def test_a_line_has_time_logger_and_message(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("cxmc_ext.x").warning("Redis is %s", "away\nfor a while")
    told = line(caplog.records[-1])
    assert told | {"at": "", "process": 0} == {
        "at": "",
        "level": "warning",
        "logger": "cxmc_ext.x",
        "process": 0,
        "message": "Redis is away\nfor a while",
    }
    assert str(told["at"]).endswith("+00:00")
    assert told["process"] == os.getpid()
    assert "\n" not in JsonFormatter().format(caplog.records[-1])


def test_an_exception_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    try:
        int("anna@kandidaten.example")
    except ValueError:
        logging.getLogger("cxmc_ext.x").exception("It failed")
    told = line(caplog.records[-1])
    assert told["error"] == "ValueError"
    assert "test_json_log.py" in str(told["frames"])
    assert "anna" not in json.dumps(told)


def test_a_remote_call_has_fields_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cxmc_ext")
    with pytest.raises(MailChimpError):
        client_for("http://127.0.0.1:1/3.0").account()
    told = line(caplog.records[-1])
    assert (told["verb"], told["route"], told["status"]) == ("GET", "/", 0)
    assert told["outcome"] == "Unreachable"


@pytest.mark.slow
def test_everything_a_worker_logs_is_json(redis_server: RedisServer, tmp_path: Path) -> None:
    url = f"unix://{redis_server.socket}"
    env = {**os.environ, "CXMC_TEST_FOLDER": str(tmp_path), "CXMC_TEST_REDIS": url}
    flask = [sys.executable, "-m", "flask", "--app", str(WORKER_APP)]
    told = subprocess.run(
        [*flask, "cxmc", "worker", "--burst", "--log-format", "json"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(each) for each in (told.stdout + told.stderr).splitlines()]
    assert "rq.worker" in {each["logger"] for each in lines}
    assert {"at", "level", "message"} <= lines[0].keys()
