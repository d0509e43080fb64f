"""A server made of raw sockets, for answers that no HTTP server gives."""

import contextlib
import socket
import threading
from collections.abc import Callable

ConnectionHandler = Callable[[socket.socket], None]


class RawServer:
    """Calls `handler` with each connection once its request was read."""

    def __init__(self, handler: ConnectionHandler) -> None:
        self.handler = handler
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(_read_request(connection))
            with contextlib.suppress(OSError):
                self.handler(connection)


def http_response(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def reply_with(*replies: bytes) -> ConnectionHandler:
    """Sends one reply per connection, and the last one to all that follow."""
    queue = list(replies)

    def handler(connection: socket.socket) -> None:
        connection.sendall(queue.pop(0) if len(queue) > 1 else queue[0])

    return handler


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lines[0].split(b":")[1]) if lines else 0
    while len(body) < length:
        chunk = connection.recv(65536)
        if not chunk:
            break
        body += chunk
    return head + b"\r\n\r\n" + body
