"""The socket under requests: one deadline for a whole call, and whether any byte was written."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from socket import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_here = threading.local()


@dataclass(slots=True)
class CallDeadline:
    """One call in progress. `request_sent`: None = no socket was touched, False = opening, True = sent."""

    end: float
    request_sent: bool | None = None

    def remaining(self) -> float:
        """Seconds until the deadline; raises TimeoutError when there is none left."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        return left

    def expired(self) -> bool:
        return time.monotonic() >= self.end


@contextmanager
def call_deadline(end: float) -> Iterator[CallDeadline]:
    """Every connection used by this thread inside obeys `end`, in time.monotonic() seconds."""
    _here.line = current = CallDeadline(end)
    try:
        yield current
    finally:
        del _here.line


class DeadlineAdapter(HTTPAdapter):
    """requests' transport over timed connections: no retries, at most `connections` sockets."""

    def __init__(self, connections: int) -> None:
        super().__init__(
            pool_connections=1, pool_maxsize=connections, max_retries=0, pool_block=True
        )

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Clock(io.RawIOBase):
    """A socket's file whose every read gets only the time that is left.

    A timeout of requests counts per read: a body, or headers, dripped byte by byte never hit it.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket, current: CallDeadline) -> None:
        self._raw = raw
        self._sock = sock
        self._line = current

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._line.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Clock(raw, sock, _here.line))


class _Connection(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        _here.line.request_sent = False
        super().connect()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _here.line.request_sent = True
        self.sock.settimeout(_here.line.remaining())
        super().send(data)


class _TlsConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        _here.line.request_sent = False
        HTTPSConnection.connect(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
