"""Switches, faults and the outbox: on the website and over HTTP; and the data file."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.standin.models import subscriber_hash
from tests.standin.client import NEW_LIST, StandinClient, ready_settings
from tests.standin.pages import post

P0 = subscriber_hash("p0@people.example")


def test_switches_and_faults_can_be_set(standin: StandinServer) -> None:
    post(standin, "/switches", permissive_send="on", title_limit="80", send_seconds="x",
         complaint_status="unsubscribed")  # fmt: skip
    switches = standin.state.switches
    assert (switches.permissive_send, switches.snapshot_bug, switches.title_limit) == (
        True,
        False,
        80,
    )
    assert (switches.send_seconds, switches.complaint_status) == (0.0, "unsubscribed")
    post(standin, "/switches", complaint_status="typo")
    assert switches.complaint_status == "unsubscribed"
    post(standin, "/faults", match="GET /ping", kind="400", nth="1", times="0")
    assert [fault.times for fault in standin.state.faults.faults] == [0]
    post(standin, "/faults/clear")
    assert standin.state.faults.faults == []
    url = f"{standin.root}/__switches"
    assert requests.post(url, json={"max_connections": 3}, timeout=5).json()["max_connections"] == 3
    for wrong in ({"typo": 3}, {"complaint_status": "typo"}):
        assert requests.post(url, json=wrong, timeout=5).status_code == 400


@pytest.mark.slow
def test_the_outbox_can_be_read_over_http_and_reset(
    standin: StandinServer, client: StandinClient
) -> None:
    first, second = client.send_campaign(2), client.send_campaign(1)
    url = f"{standin.root}/__outbox"
    mails = requests.get(url, params={"campaign": first}, timeout=5).json()["mails"]
    assert [mail["address"] for mail in mails] == ["p0@people.example", "p1@people.example"]
    assert mails[0]["from"] == ready_settings()["reply_to"]
    assert "<html" in mails[0]["html"]
    short = requests.get(url, params={"campaign": second, "html": 0}, timeout=5).json()
    assert (short["total"], "html" in short["mails"][0]) == (1, False)
    requests.post(f"{standin.root}/__reset", timeout=5)
    assert requests.get(url, timeout=5).json()["total"] == 0
    assert client.ok("GET", "/campaigns")["total_items"] == 0


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "standin.json"
    with StandinServer(data_file=data) as server:
        client = StandinClient(server)
        campaign = client.send_campaign(3)
        post(server, f"/campaigns/{campaign}/mails/{P0}/react", action="open")
        server.state.advance(100)
        before = client.ok("GET", f"/reports/{campaign}")
        offset = server.state.clock.offset
    with StandinServer(data_file=data) as server:
        client = StandinClient(server)
        assert client.ok("GET", f"/reports/{campaign}") == before
        assert len(server.outbox.mails(campaign)) == 3
        assert server.state.clock.offset == offset
        assert client.send_campaign(1) != campaign
    assert [file.name for file in tmp_path.iterdir()] == ["standin.json"]


def test_the_command_serves_and_saves(tmp_path: Path) -> None:
    data = tmp_path / "standin.json"
    command = [
        sys.executable,
        "-m",
        "cxmc_ext.standin",
        "--port",
        "0",
        "--fast",
        "--data",
        str(data),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        root = process.stdout.readline().split()[-1].rstrip("/")
        auth = ("x", DEMO_KEY)
        answer = requests.post(f"{root}/3.0/lists", json=NEW_LIST, auth=auth, timeout=5)
        assert answer.ok
        process.terminate()
        process.wait(timeout=10)
        process.stdout.read()
    assert '"name": "Master"' in data.read_text(encoding="utf-8")
