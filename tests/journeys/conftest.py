"""The whole product in real processes, and a real browser in front of it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until

CHROMIUM = next(
    (p for p in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(p).exists()), ""
)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class DemoProcess:
    """A running demo: its addresses, its folder, and what the stand-in delivered."""

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

    def outbox(self) -> list[dict[str, Any]]:
        return _json(f"{self.standin_url}/__outbox")["mails"]

    def env(self) -> dict[str, str]:
        return _env(self.folder, self.port, self.standin_port) | self.settings

    def flask(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "host_app", *words],
            cwd=ROOT,
            env=self.env(),
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def worker_pids(self) -> list[int]:
        """Process ids of the workers, their children not counted."""
        ours = {b"worker", b"cxmc"}
        return [pid for pid in _children(self.process.pid) if ours <= _words(pid)]

    def has_busy_worker(self) -> bool:
        """Whether a worker has a child beside the one that looks for due work."""
        return any(len(_children(worker)) > 1 for worker in self.worker_pids())


@pytest.fixture(scope="module")
def extra() -> Mapping[str, str]:
    """Settings of the environment that a module's demo has beside the usual ones."""
    return {}


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory, extra: Mapping[str, str]
) -> Iterator[DemoProcess]:
    folder = tmp_path_factory.mktemp("instance")
    port, standin_port = free_port(), free_port()
    log = (folder / "demo.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "host_app"],
        cwd=ROOT,
        env=_env(folder, port, standin_port) | extra,
        stdout=log,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = DemoProcess(port, standin_port, folder, process, extra)
    try:
        wait_until(lambda: _alive(running), 95, "the demo is healthy")
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: the browser journeys need one")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        expect.set_options(timeout=30_000)
        yield started
        started.close()


@pytest.fixture
def sign_in(browser: Browser, demo: DemoProcess) -> Iterator[Callable[..., Page]]:
    """Opens a browser of one's own for a member of the cast; its console must stay free of errors."""
    contexts, troubles = [], []

    def open_as(name: str, **options: Any) -> Page:
        context = browser.new_context(base_url=demo.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
        page.goto("/login")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(name)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert [t for t in troubles if "422" not in t and "404" not in t] == []


def _env(folder: Path, port: int, standin_port: int) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CXMC_", "DATABASE_URL"))}
    return kept | {
        "CRM_INSTANCE": str(folder),
        "PORT": str(port),
        "STANDIN_PORT": str(standin_port),
        "CXMC_API_ROOT": f"http://127.0.0.1:{standin_port}/3.0",
    }


def _children(of: int) -> list[int]:
    """Living ones."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if entry.name.isdigit() and int(parent) == of and state != "Z":
            found.append(int(entry.name))
    return found


def _words(pid: int) -> set[bytes]:
    try:
        return set(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    except OSError:
        return set()


def _alive(demo: DemoProcess) -> bool:
    assert demo.process.poll() is None, (demo.folder / "demo.log").read_text()
    try:
        with urllib.request.urlopen(f"{demo.url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)
