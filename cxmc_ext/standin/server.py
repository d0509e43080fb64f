"""A small threaded HTTP/1.1 server that keeps connections alive and lends its socket to faults."""

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
from cxmc_ext.standin.service.outbox import Outbox
from cxmc_ext.standin.state import State

TICK = 0.1
POLL = 0.02
SAVE_EVERY = 1.0
SAVE_SHARE = 20
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class StandinServer:
    """The stand-in in a thread of its own. Use as a context manager, or start() and stop().

    Every option of `Switches` may be given by name; by default nothing takes time (send_seconds=0).
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, data: Path | None = None, **switches: Any
    ) -> None:
        self.state = State(data, **({"send_seconds": 0.0} | switches))
        self._stopping = threading.Event()
        self.app = create_standin(self.state, self._stopping.wait)
        self.host, self.port = host, port
        self._server: HttpServer | None = None
        self._threads: list[threading.Thread] = []

    @property
    def root(self) -> str:
        """The site."""
        return f"http://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The root of the API."""
        return f"{self.root}/3.0"

    @property
    def outbox(self) -> Outbox:
        return self.state.outbox

    def start(self) -> "StandinServer":
        """Bind (again, on the same port, after a stop) and serve."""
        self._stopping.clear()
        self._server = HttpServer((self.host, self.port), RequestHandler)
        self._server.app = self.app
        self.port = self._server.server_address[1]
        jobs = (self._accept, self._tick, self._post_hooks)
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Afterwards connections are refused, also those kept alive; the data is saved."""
        self._stopping.set()
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

    def _accept(self) -> None:
        if self._server:
            self._server.serve_forever(poll_interval=POLL)

    def _tick(self) -> None:
        """Scheduled campaigns go out on time; changes reach the disk once a second, big data less often."""
        next_save = 0.0
        while not self._stopping.wait(TICK):
            with self.state.lock:
                sending.run_due(self.state)
            started = time.monotonic()
            if started >= next_save:
                self.state.save()
                cost = time.monotonic() - started
                next_save = started + max(SAVE_EVERY, SAVE_SHARE * cost)

    def _post_hooks(self) -> None:
        self.state.webhooks.run(self._stopping)


class HttpServer(ThreadingHTTPServer):
    """Knows its open connections, so that a stop can end the idle ones."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    app: WSGIApplication

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to report."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class RequestHandler(BaseHTTPRequestHandler):
    """One connection: requests in, WSGI answers out, in one write where possible."""

    protocol_version = "HTTP/1.1"
    server_version = "standin"
    wbufsize = 65536
    disable_nagle_algorithm = True
    server: HttpServer

    def _serve(self) -> None:
        wire = SocketConnection(self.connection)
        length = int(self.headers.get("Content-Length") or 0)
        environ = self._environ(self.rfile.read(length), wire)
        answer = _Answer()
        pieces = self.server.app(environ, answer.start)
        try:
            if wire.is_reset:
                self.close_connection = True
            else:
                self._write(answer, pieces)
        finally:
            getattr(pieces, "close", lambda: None)()

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method the base class dispatches to is served the same way."""
        if name.removeprefix("do_") in METHODS:
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: the site and /__requests show what happened."""

    def _write(self, answer: "_Answer", pieces: Iterable[bytes]) -> None:
        names = {name.lower() for name, _ in answer.headers}
        code, _, reason = answer.status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in answer.headers:
            self.send_header(name, value)
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        if "content-length" not in names and code not in ("204", "304"):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self._stream(pieces, answer.promised)

    def _stream(self, pieces: Iterable[bytes], promised: int) -> None:
        sent = 0
        for piece in pieces if self.command != "HEAD" else ():
            self.wfile.write(piece)
            sent += len(piece)
            if sent < promised:
                self.wfile.flush()
        if sent < promised and self.command != "HEAD":
            self.close_connection = True

    def _environ(self, body: bytes, wire: SocketConnection) -> dict[str, Any]:
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
            "standin.wire": wire,
        }
        for name, value in self.headers.items():
            environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
        return environ


class _Answer:
    status = "500 Internal Server Error"

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.promised = 0

    @property
    def start(self) -> StartResponse:
        def start_response(status: str, headers: Any, *_: Any) -> Any:
            self.status, self.headers = status, list(headers)
            lengths = (value for name, value in headers if name.lower() == "content-length")
            self.promised = int(next(lengths, 0))

        return start_response
