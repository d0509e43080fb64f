"""Connections for requests with one deadline per call, which record whether a byte was sent.

The timeout of requests counts per read, so a server that sends a byte now and then keeps a call alive
for ever (https://requests.readthedocs.io/en/latest/user/advanced/#timeouts).
"""

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

# The deadline of the call this thread is making; urllib3 offers no way to pass it down.
_current = threading.local()


@dataclass(slots=True)
class CallDeadline:
    """The deadline of one call in progress."""

    end: float
    """In seconds of time.monotonic()."""
    request_sent: bool | None = None
    """None: no connection was touched. False: a connection is being opened. True: bytes were sent."""

    def remaining(self) -> float:
        """Returns the seconds left.

        Raises:
            TimeoutError: The deadline has passed.
        """
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("deadline")
        return seconds

    def expired(self) -> bool:
        """Returns whether the deadline has passed."""
        return time.monotonic() >= self.end


@contextmanager
def call_deadline(end: float) -> Iterator[CallDeadline]:
    """Makes every connection that this thread uses obey a deadline.

    Args:
        end: The deadline, in seconds of time.monotonic().
    """
    _current.deadline = deadline = CallDeadline(end)
    try:
        yield deadline
    finally:
        del _current.deadline


class DeadlineAdapter(HTTPAdapter):
    """The transport adapter: no retries, and a pool of at most `connections` sockets."""

    def __init__(self, connections: int) -> None:
        super().__init__(
            pool_connections=1, pool_maxsize=connections, max_retries=0, pool_block=True
        )

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _DeadlineReader(io.RawIOBase):
    """A socket's file object whose every read gets only the time that is left."""

    def __init__(self, raw: io.RawIOBase, sock: socket, deadline: CallDeadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_DeadlineReader(raw, sock, _current.deadline))


class _Connection(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        _current.deadline.request_sent = False
        super().connect()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _current.deadline.request_sent = True
        self.sock.settimeout(_current.deadline.remaining())
        super().send(data)


class _TlsConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        _current.deadline.request_sent = False
        HTTPSConnection.connect(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
