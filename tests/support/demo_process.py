"""The demo CRM as `make demo` runs it: real processes on free ports."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from cxmc_ext.standin import DEMO_KEY
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.processes import children_of, command_of
from tests.support.waiting import wait_until


@dataclass
class DemoProcess:
    """A running demo: where it listens, where its files are, and what the stand-in delivered."""

    port: int
    standin_port: int
    folder: Path
    process: subprocess.Popen[str]
    settings: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def standin_url(self) -> str:
        return f"http://127.0.0.1:{self.standin_port}"

    def outbox(self, subject: str | None = None) -> list[dict[str, Any]]:
        """Mails that the stand-in sent; with a subject only those."""
        with urllib.request.urlopen(f"{self.standin_url}/__outbox", timeout=5) as answer:
            mails: list[dict[str, Any]] = json.load(answer)["mails"]
        return [mail for mail in mails if subject in (None, mail["subject"])]

    def read_api(self, path: str) -> dict[str, Any]:
        """What MailChimp answers to a GET; {} if there is no such thing."""
        url, headers = f"{self.standin_url}/3.0{path}", {"Authorization": f"Bearer {DEMO_KEY}"}
        answer = requests.get(url, headers=headers, timeout=5)
        assert answer.status_code in (200, 404), answer.text
        body: dict[str, Any] = answer.json() if answer.ok else {}
        return body

    def raised_addresses(self) -> list[str]:
        """Addresses whose status the API raised, which nobody but their owner may do."""
        with urllib.request.urlopen(f"{self.standin_url}/__requests", timeout=5) as answer:
            addresses: list[str] = json.load(answer)["resubscribed"]
        return addresses

    def act(self, action: str, **arguments: object) -> None:
        """Lets somebody do something at MailChimp (`standin.service.actions.Actions`)."""
        self._post("/__actions", {"action": action, **arguments})

    def switch(self, **values: object) -> None:
        """Chooses behaviour of MailChimp (`standin.switches.Switches`)."""
        self._post("/__switches", values)

    def confirmation_link(self, address: str) -> str:
        """Where the last confirmation mail to an address leads."""
        url = f"{self.standin_url}/__outbox?kind=service"
        with urllib.request.urlopen(url, timeout=5) as answer:
            mails = [mail for mail in json.load(answer)["mails"] if mail["address"] == address]
        path = re.search(r'href="(/confirm/[^"]+)"', mails[-1]["html"])
        assert path, mails[-1]["html"]
        return f"{self.standin_url}{path[1]}"

    def _post(self, path: str, body: Mapping[str, object]) -> None:
        request = urllib.request.Request(
            f"{self.standin_url}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=5).close()

    def flask(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs `flask …` in the demo's environment, with `text` as standard input."""
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "host_app", *arguments],
            cwd=ROOT,
            env=_environment(self.folder, self.port, self.standin_port) | self.settings,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def worker_pids(self) -> list[int]:
        """Process ids of the workers, without those of their children."""
        children = children_of(self.process.pid)
        return [pid for pid in children if {"worker", "cxmc"} <= set(command_of(pid))]

    def has_busy_worker(self) -> bool:
        """Whether a worker has a child besides its tick loop."""
        return any(len(children_of(worker)) > 1 for worker in self.worker_pids())

    def is_healthy(self) -> bool:
        """Whether `/healthz` answers 200; fails if the demo has ended."""
        assert self.process.poll() is None, (self.folder / "demo.log").read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running_demo(folder: Path, settings: Mapping[str, str]) -> Iterator[DemoProcess]:
    """Starts the demo in an empty folder, waits until it is healthy, and ends it afterwards.

    Args:
        folder: For the database and the log.
        settings: Environment variables besides the usual ones.
    """
    port, standin_port = free_port(), free_port()
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "host_app"],
            cwd=ROOT,
            env=_environment(folder, port, standin_port) | settings,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        demo = DemoProcess(port, standin_port, folder, process, settings)
        try:
            wait_until(demo.is_healthy, 95, "the demo is healthy")
            yield demo
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _environment(folder: Path, port: int, standin_port: int) -> dict[str, str]:
    ours = ("CXMC_", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "CRM_INSTANCE": str(folder),
        "PORT": str(port),
        "STANDIN_PORT": str(standin_port),
        "CXMC_API_ROOT": f"http://127.0.0.1:{standin_port}/3.0",
        "DEMO_HISTORY": "no",  # the tests count what they find
    }
