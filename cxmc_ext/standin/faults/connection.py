"""Connections that a fault can cut."""

import contextlib
import socket
import struct


class SocketConnection:
    """The server's own socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self.is_reset = False

    def reset(self) -> None:
        """Closes the connection without an answer; the client sees a reset."""
        self.is_reset = True
        with contextlib.suppress(OSError):
            # Lingering for 0 seconds makes the kernel send a reset instead of an orderly end.
            linger = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._socket.shutdown(socket.SHUT_RDWR)


class NoConnection:
    """Used where there is no real connection, as in Flask's test client."""

    def reset(self) -> None:
        """Raises what a client would see."""
        raise ConnectionResetError("the stand-in dropped the connection")
