"""`python -m host_app` runs the whole demo; `python -m host_app reset` deletes its data."""

import base64
import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from host_app import redis_server
from host_app.auth import DEMO_LOGINS
from host_app.config import DEMO_FILE, ROOT, instance_dir
from host_app.seed import FIRST_CAMPAIGN
from host_app.supervisor import Child, GaveUp, Supervisor

# The application that the stand-in knows, for “Log in with MailChimp”.
_STANDIN_APPLICATION = {
    "CXMC_OAUTH_CLIENT_ID": "cxmc-demo",
    "CXMC_OAUTH_CLIENT_SECRET": "a-secret-of-the-demo-application",
}
_HOST = "127.0.0.1"
_PORT, _STANDIN_PORT = 5000, 5010
_API_KEY = re.compile(r"\b[0-9a-f]{32}-[a-z]{2}[0-9]{1,3}\b")
_WORKERS = 2
_START_TIMEOUT = 90


class DemoError(Exception):
    """Ends the command with a message and exit code 1."""


def main(arguments: list[str]) -> int:
    """Runs the demo, or resets its data; returns the exit code."""
    instance = instance_dir()
    instance.mkdir(parents=True, exist_ok=True)
    try:
        with _lock(instance):
            if arguments == ["reset"]:
                _reset(instance)
            else:
                Demo(instance).run()
    except (DemoError, GaveUp) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


class Demo:
    """The processes of the demo: Redis, the stand-in, workers, the scheduler and the web server."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance
        self.port = _free_port("PORT", _PORT)
        self.standin_port = _standin_port(self.port)
        self.redis_socket = (
            None if os.environ.get("REDIS_URL") else redis_server.socket_path(instance)
        )
        self.started_at = time.monotonic()
        self.standin_log = instance / "log" / "stand-in.log"
        self.env = {
            **os.environ,
            "CRM_INSTANCE": str(instance),
            "PYTHONUNBUFFERED": "1",
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",  # rq forks, which macOS refuses otherwise.
        }

    def run(self) -> None:
        """Runs until a signal to stop arrives."""
        redis = self._redis()
        self._write_settings()
        self._create_tables()
        supervisor = Supervisor(_report, ROOT)
        try:
            if redis:
                supervisor.start(redis)
            self._serve(supervisor)
        finally:
            supervisor.stop()
            _report("demo", f"stopped; the data is kept in {self.instance}")

    def _serve(self, supervisor: Supervisor) -> None:
        while self._is_waiting_for_redis() and supervisor.wait(0.05):
            supervisor.restart_ended()
        for child in self._children():
            supervisor.start(child)
        is_ready = False
        while supervisor.wait(0.2):
            supervisor.restart_ended()
            if not is_ready and self._is_healthy():
                is_ready = True
                print(self._welcome(), flush=True)
            if not is_ready and time.monotonic() - self.started_at > _START_TIMEOUT:
                raise DemoError(
                    f"Not all processes were ready within {_START_TIMEOUT} seconds; "
                    f"read {self.instance / 'log'}"
                )

    def _redis(self) -> Child | None:
        if self.redis_socket is None:
            return None
        program = redis_server.find_program()
        if program is None:
            raise DemoError(
                "Redis was not found. Install it (apt install redis-server, brew install redis) "
                "or set REDIS_URL."
            )
        command = redis_server.command(program, self.redis_socket, self.instance / "redis")
        return self._child("redis", command)

    def _is_waiting_for_redis(self) -> bool:
        return self.redis_socket is not None and not redis_server.is_ready(self.redis_socket)

    def _children(self) -> list[Child]:
        flask = [sys.executable, "-m", "flask", "--app", "host_app", "cxmc"]
        web = ["waitress", f"--listen={_HOST}:{self.port}", "--threads=8", "--call"]
        children = [
            *(self._child(f"worker-{n}", [*flask, "worker"]) for n in range(1, _WORKERS + 1)),
            self._child("scheduler", [*flask, "scheduler"]),
            self._child("web", [sys.executable, "-m", *web, "host_app:create_app"]),
        ]
        return [self._standin(), *children] if self.standin_port else children

    def _standin(self) -> Child:
        self.standin_log.unlink(missing_ok=True)  # It starts with the keys, which are read later.
        port, data = str(self.standin_port), str(self.instance / "standin.json")
        command = [sys.executable, "-m", "cxmc_ext.standin", "--port", port, "--data", data]
        return self._child("stand-in", command)

    def _child(self, name: str, command: list[str]) -> Child:
        return Child(name, command, self.env, self.instance / "log" / f"{name}.log")

    def _write_settings(self) -> None:
        """For our processes, and for `flask --app host_app cxmc …` in another terminal."""
        path = self.instance / DEMO_FILE
        settings = json.loads(path.read_text()) if path.exists() else {}
        settings.setdefault("CXMC_SECRET_KEYS", base64.urlsafe_b64encode(os.urandom(32)).decode())
        if self.standin_port:
            settings |= _STANDIN_APPLICATION
            settings["CXMC_API_ROOT"] = f"http://{_HOST}:{self.standin_port}/3.0"
            settings["CXMC_PUBLIC_URL"] = f"http://{_HOST}:{self.port}"
        if self.redis_socket:
            settings["REDIS_URL"] = f"unix://{self.redis_socket}"
        new_file = path.with_suffix(".new")
        new_file.touch(mode=0o600)
        new_file.write_text(json.dumps(settings, indent=2))
        new_file.replace(path)

    def _create_tables(self) -> None:
        history = [] if os.environ.get("DEMO_HISTORY") == "no" else ["--with-history"]
        command = [sys.executable, "-m", "flask", "--app", "host_app", "init-demo", *history]
        result = subprocess.run(  # noqa: S603 - our own command
            command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if result.returncode:
            output = (
                result.stderr or result.stdout
            ).strip() or "init-demo failed without a message"
            raise DemoError(output.splitlines()[-1].removeprefix("Error: "))

    def _is_healthy(self) -> bool:
        url = f"http://{_HOST}:{self.port}/healthz"
        try:
            with urlopen(url, timeout=2) as response:  # nosec B310
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    def _welcome(self) -> str:
        seconds = time.monotonic() - self.started_at
        logins = [
            f"    {name:<10} {password:<10} {role}: {purpose}"
            for name, password, role, purpose in DEMO_LOGINS
        ]
        lines = [
            "",
            f"  Ready after {seconds:.1f} s. Ctrl-C stops everything; “make demo-reset” starts over.",
            "",
            f"  The CRM       http://{_HOST}:{self.port}/",
            *self._standin_lines(),
            "",
            "  Log in as (user name, password):",
            *logins,
            "",
            *(self._next_steps() if self.standin_port else []),
        ]
        return "\n".join(lines)

    def _next_steps(self) -> list[str]:
        standin = f"http://{_HOST}:{self.standin_port}"
        steps = (
            "As admin: Settings, “Activate”, then “Connect MailChimp”: log in there, or paste the key.",
            f"As recruiter: open the campaign “{FIRST_CAMPAIGN}”, its tab “MailChimp”, and send it.",
            f"Read the mails at {standin}/mailbox, and press “Run a day” at {standin}/campaigns/.",
            "Back in the CRM: “Update now” on the tab, and “Overview” above the list of campaigns.",
        )
        numbered = (f"    {number}. {step}" for number, step in enumerate(steps, 1))
        return ["  Next:", *numbered, ""]

    def _standin_lines(self) -> list[str]:
        if not self.standin_port:
            return ["  MailChimp     the real one: what you send is sent"]
        match = _API_KEY.search(self.standin_log.read_text(errors="replace"))
        key = [f"  Its API key   {match[0]}"] if match else []
        return [f"  MailChimp     http://{_HOST}:{self.standin_port}/ (a stand-in)", *key]


def _report(name: str, event: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {name:<10} {event}", flush=True)


def _lock(instance: Path) -> IO[str]:
    """Locks the instance folder until the returned file is closed."""
    lock = (instance / "demo.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise DemoError(f"The demo is already running with the data in {instance}.") from None
    return lock


def _free_port(variable: str, default: int) -> int:
    """The port in an environment variable, or the default, if it can be used."""
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise DemoError(f"{variable}={text} is not a port.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, int(text)))
        except OSError:
            raise DemoError(
                f"Port {text} is in use; choose another one: {variable}={int(text) + 1} make demo"
            ) from None
    return int(text)


def _standin_port(web_port: int) -> int | None:
    """The port of the stand-in, which is not that of the CRM; None if CXMC_API_ROOT names another API."""
    api_root = os.environ.get("CXMC_API_ROOT")
    text = os.environ.get("STANDIN_PORT") or str(_STANDIN_PORT)
    if api_root is not None and urlsplit(api_root).netloc != f"{_HOST}:{text}":
        return None
    port = _free_port("STANDIN_PORT", _STANDIN_PORT)
    if port == web_port:
        raise DemoError(
            f"The CRM and the stand-in cannot both use port {port}; choose another one: "
            f"STANDIN_PORT={port + 1} make demo"
        )
    return port


def _reset(instance: Path) -> None:
    for entry in instance.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    print(f"{instance} is empty; “make demo” creates everything again.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
