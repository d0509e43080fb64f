"""A Redis for the duration of a measurement."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis, RedisError


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Start a redis-server, yield its URL, and set BENCH_REDIS for child processes."""
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("redis-server was not found: install it, or skip the subjects push and press.")
    path = folder / "redis.sock"
    command = [
        program,
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"unix://{path}"
    try:
        _wait(url)
        os.environ["BENCH_REDIS"] = url
        yield url
    finally:
        os.environ.pop("BENCH_REDIS", None)
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    client = Redis.from_url(url)
    for _ in range(100):
        try:
            client.ping()
        except RedisError:
            time.sleep(0.05)
        else:
            break
    client.close()
