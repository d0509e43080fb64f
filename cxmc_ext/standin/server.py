"""A small threaded HTTP/1.1 server that keeps connections alive and lets faults cut them."""

import contextlib
import io
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIApplication

from cxmc_ext.standin.app import create_standin
from cxmc_ext.standin.faults.connection import SocketConnection
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.service.actions import Actions
from cxmc_ext.standin.service.outbox import Outbox
from cxmc_ext.standin.state import State

# Seconds between two checks for scheduled campaigns, and for a request to stop.
TICK_SECONDS = 0.1
POLL_SECONDS = 0.02
# At most one save per second; one that takes longer than 50 ms waits twenty times its own duration.
SAVE_INTERVAL = 1.0
SAVE_PAUSE_FACTOR = 20
BUFFER_SIZE = 65_536
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class StandinServer:
    """The stand-in in threads of its own. Use it as a context manager, or call `start` and `stop`.

    Args:
        host: The address to bind.
        port: The port to bind; 0 picks a free one when the server starts.
        data_file: Where the state is kept across restarts; None keeps it in memory only.
        **switches: Initial values of `Switches`. By default sending takes no time (`send_seconds=0`).
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, data_file: Path | None = None, **switches: Any
    ) -> None:
        self.state = State(data_file, **({"send_seconds": 0.0} | switches))
        self._stopping = threading.Event()
        self.app = create_standin(self.state, self._stopping.wait)
        self.host, self.port = host, port
        self._server: HttpServer | None = None
        self._threads: list[threading.Thread] = []

    @property
    def root(self) -> str:
        """The address of the website, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The root of the API, for `CXMC_API_ROOT`."""
        return f"{self.root}/3.0"

    @property
    def is_running(self) -> bool:
        """False before `start` and after `stop`."""
        return self._server is not None and not self._stopping.is_set()

    @property
    def outbox(self) -> Outbox:
        """The mails that were sent."""
        return self.state.outbox

    @property
    def actions(self) -> Actions:
        """What people do at MailChimp, for example `server.actions.complain(campaign, address)`."""
        return Actions(self.state)

    def start(self) -> "StandinServer":
        """Binds and serves; after `stop`, on the same port as before."""
        self._stopping.clear()
        self._server = HttpServer((self.host, self.port), RequestHandler)
        self._server.app = self.app
        self.port = self._server.server_address[1]
        loops = (self._accept_loop, self._tick_loop, self._webhook_loop)
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Closes all connections, refuses new ones, and saves the state."""
        self._stopping.set()
        self.state.webhooks.wake()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.close_connections()
        for thread in self._threads:
            thread.join(timeout=5)
        self.state.save()

    def __enter__(self) -> "StandinServer":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _accept_loop(self) -> None:
        if self._server:
            self._server.serve_forever(poll_interval=POLL_SECONDS)

    def _tick_loop(self) -> None:
        """Sends scheduled campaigns on time, and saves changes: big states less often than small ones."""
        next_save = 0.0
        while not self._stopping.wait(TICK_SECONDS):
            with self.state.lock:
                sending.run_due(self.state)
            started = time.monotonic()
            if started >= next_save:
                self.state.save()
                duration = time.monotonic() - started
                next_save = started + max(SAVE_INTERVAL, SAVE_PAUSE_FACTOR * duration)

    def _webhook_loop(self) -> None:
        self.state.webhooks.run(self._stopping)


class HttpServer(ThreadingHTTPServer):
    """Knows its open connections, so that idle ones can be closed when it stops."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    app: WSGIApplication

    def __init__(self, *args: Any) -> None:
        self._open_sockets: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open_sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open_sockets.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._open_sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Reports errors, except that a client disconnected."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class RequestHandler(BaseHTTPRequestHandler):
    """One connection: passes its requests to the WSGI application and writes the answers."""

    protocol_version = "HTTP/1.1"
    server_version = "standin"
    wbufsize = BUFFER_SIZE
    disable_nagle_algorithm = True
    server: HttpServer

    def _serve(self) -> None:
        connection = SocketConnection(self.connection)
        length = int(self.headers.get("Content-Length") or 0)
        environ = self._environ(self.rfile.read(length), connection)
        head = _ResponseHead()
        chunks = self.server.app(environ, head.start_response)
        try:
            if connection.is_reset:
                self.close_connection = True
            else:
                self._write(head, chunks)
        finally:
            getattr(chunks, "close", lambda: None)()

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Serves do_GET, do_POST and so on, which the base class calls, all in the same way."""
        if name.removeprefix("do_") in METHODS:
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: the website and /__requests show what happened."""

    def _write(self, head: "_ResponseHead", chunks: Iterable[bytes]) -> None:
        names = {name.lower() for name, _ in head.headers}
        code, _, reason = head.status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in head.headers:
            self.send_header(name, value)
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        if "content-length" not in names and code not in ("204", "304"):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self._write_body(chunks, head.content_length)

    def _write_body(self, chunks: Iterable[bytes], content_length: int) -> None:
        """Writes the chunks; closes the connection if they are shorter than announced (a fault)."""
        sent = 0
        for chunk in chunks if self.command != "HEAD" else ():
            self.wfile.write(chunk)
            sent += len(chunk)
            if sent < content_length:
                self.wfile.flush()
        if sent < content_length and self.command != "HEAD":
            self.close_connection = True

    def _environ(self, body: bytes, connection: SocketConnection) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.server.server_address[0],
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "standin.connection": connection,
        }
        for name, value in self.headers.items():
            environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
        return environ


class _ResponseHead:
    """What the WSGI application passes to `start_response`."""

    status = "500 Internal Server Error"

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.content_length = 0

    @property
    def start_response(self) -> StartResponse:
        def start_response(status: str, headers: Any, *_: Any) -> Any:
            self.status, self.headers = status, list(headers)
            lengths = (value for name, value in headers if name.lower() == "content-length")
            self.content_length = int(next(lengths, 0))

        return start_response
