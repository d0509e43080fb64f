"""The connection under a request, for faults that end it."""

import contextlib
import socket
import struct


class SocketConnection:
    """The server's own socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.is_reset = False

    def reset(self) -> None:
        """Close without an answer; the client sees a reset."""
        self.is_reset = True
        with contextlib.suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._connection.shutdown(socket.SHUT_RDWR)


class NoConnection:
    """Stands in where no real connection exists, as in Flask's test client."""

    def reset(self) -> None:
        raise ConnectionResetError("the stand-in dropped the connection")
