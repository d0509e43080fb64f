"""python -m host_app: the whole demo in one command; `python -m host_app reset` throws its data away."""

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
from host_app.supervisor import Child, GaveUp, Supervisor

_HOST = "127.0.0.1"
_PORT, _STANDIN_PORT = 5000, 5010
_KEY = re.compile(r"\b[0-9a-f]{32}-[a-z]{2}[0-9]{1,3}\b")
_WORKERS = 2
_READY_WITHIN = 90


class Stop(Exception):
    """Ends the command with one sentence and exit code 1."""


def main(arguments: list[str]) -> int:
    instance = instance_dir()
    instance.mkdir(parents=True, exist_ok=True)
    try:
        with _only_one(instance):
            if arguments == ["reset"]:
                _reset(instance)
            else:
                Demo(instance).run()
    except (Stop, GaveUp) as sentence:
        print(sentence, file=sys.stderr)
        return 1
    return 0


class Demo:
    """The demo's processes, and what they are told."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance
        self.port = _port("PORT", _PORT)
        self.standin_port = _standin_port()
        self.socket = None if os.environ.get("REDIS_URL") else redis_server.socket_path(instance)
        self.started = time.monotonic()
        self.standin_log = instance / "log" / "stand-in.log"
        self.env = {
            **os.environ,
            "CRM_INSTANCE": str(instance),
            "PYTHONUNBUFFERED": "1",
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        }

    def run(self) -> None:
        """Until somebody stops it."""
        redis = self._redis()
        self._write_settings()
        self._make_tables()
        supervisor = Supervisor(_say, ROOT)
        try:
            if redis:
                supervisor.start(redis)
            self._serve(supervisor)
        finally:
            supervisor.end()
            _say("demo", "stopped; the data stay in " + str(self.instance))

    def _serve(self, supervisor: Supervisor) -> None:
        while self.socket and not redis_server.is_ready(self.socket) and supervisor.pause(0.05):
            supervisor.watch()
        for child in self._children():
            supervisor.start(child)
        ready = False
        while supervisor.pause(0.2):
            supervisor.watch()
            if not ready and self._healthy():
                ready = True
                print(self._welcome(), flush=True)
            if not ready and time.monotonic() - self.started > _READY_WITHIN:
                raise Stop(f"Not everything came alive in time; read {self.instance / 'log'}")

    def _redis(self) -> Child | None:
        if self.socket is None:
            return None
        program = redis_server.find_program()
        if program is None:
            raise Stop(
                "No Redis was found: install it (apt install redis-server, brew install redis) "
                "or name one with REDIS_URL."
            )
        command = redis_server.command(program, self.socket, self.instance / "redis")
        return self._child("redis", command)

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
        self.standin_log.unlink(missing_ok=True)  # its first words name the keys
        port, data = str(self.standin_port), str(self.instance / "standin.json")
        words = ["cxmc_ext.standin", "--port", port, "--data", data]
        return self._child("stand-in", [sys.executable, "-m", *words])

    def _child(self, name: str, command: list[str]) -> Child:
        return Child(name, command, self.env, self.instance / "log" / f"{name}.log")

    def _write_settings(self) -> None:
        """For the children, and for `flask --app host_app cxmc …` typed in another window."""
        path = self.instance / DEMO_FILE
        kept = json.loads(path.read_text()) if path.exists() else {}
        kept.setdefault("CXMC_SECRET_KEYS", base64.urlsafe_b64encode(os.urandom(32)).decode())
        if self.standin_port:
            kept["CXMC_API_ROOT"] = f"http://{_HOST}:{self.standin_port}/3.0"
        if self.socket:
            kept["REDIS_URL"] = f"unix://{self.socket}"
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(kept, indent=2))
        fresh.replace(path)

    def _make_tables(self) -> None:
        command = [sys.executable, "-m", "flask", "--app", "host_app", "init-demo"]
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no words"]
            raise Stop(lines[-1].removeprefix("Error: "))

    def _healthy(self) -> bool:
        try:
            with urlopen(f"http://{_HOST}:{self.port}/healthz", timeout=2) as answer:  # nosec B310
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _welcome(self) -> str:
        took = time.monotonic() - self.started
        who = [f"    {name:<10} {word:<10} {role}: {use}" for name, word, role, use in DEMO_LOGINS]
        lines = [
            "",
            f"  Ready after {took:.1f} s. Ctrl-C ends everything; “make demo-reset” starts afresh.",
            "",
            f"  The CRM       http://{_HOST}:{self.port}/",
            *self._standin_lines(),
            "",
            "  Log in as (user name, password):",
            *who,
            "",
        ]
        return "\n".join(lines)

    def _standin_lines(self) -> list[str]:
        if not self.standin_port:
            return ["  MailChimp     the real one: what you send is sent"]
        found = _KEY.search(self.standin_log.read_text(errors="replace"))
        key = [f"  Its API key   {found[0]}"] if found else []
        return [f"  MailChimp     http://{_HOST}:{self.standin_port}/ (a stand-in)", *key]


def _say(name: str, what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {name:<10} {what}", flush=True)


def _only_one(instance: Path) -> IO[str]:
    """Holds the lock of the instance folder until closed."""
    lock = (instance / "demo.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Stop(f"The demo is running already with the data in {instance}.") from None
    return lock


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Stop(f"{name}={text} is not a port.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, int(text)))
        except OSError:
            raise Stop(
                f"Port {text} is in use; choose another one: {name}={int(text) + 1} make demo"
            ) from None
    return int(text)


def _standin_port() -> int | None:
    """None for who names another API: they want that one, not the stand-in."""
    named = os.environ.get("CXMC_API_ROOT")
    text = os.environ.get("STANDIN_PORT") or str(_STANDIN_PORT)
    if named is not None and urlsplit(named).netloc != f"{_HOST}:{text}":
        return None
    return _port("STANDIN_PORT", _STANDIN_PORT)


def _reset(instance: Path) -> None:
    for entry in instance.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    print(f"{instance} is empty; “make demo” makes everything anew.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
