"""A small HTTP origin whose answers are rendered beforehand: it measures the client, not itself.

``python -m benchmarks.prerendered_mailchimp --people 100000 --port 8099 --latency 0`` serves one
sent campaign of one
audience, see made.py. ``POST /__more`` adds 1 % events.
"""

import argparse
import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.generated_data import CAMPAIGN, PAGE, SENT_AT, GeneratedReport, dump, iso


class PrerenderedMailChimp:
    """The answers by path. Everything that is asked often lies ready as bytes."""

    def __init__(self, people: int, lean: bool = False) -> None:
        self.report = GeneratedReport.generate(people)
        self.widths = (True,) if lean else (True, False)
        self.seen = {"requests": 0, "bytes": 0, "most": 0}
        self.under_way = 0
        self.segment: set[str] = set()
        self.members: set[str] = set()
        self.render()

    def render(self) -> None:
        report = self.report
        self.pages = {
            (narrow, fresh): report.pages(narrow, report.since if fresh else None)
            for narrow in self.widths
            for fresh in ((True, False) if report.since else (False,))
        }
        self.sent_to = report.delivered() if len(self.widths) > 1 else []
        left = report.unsubscribes
        self.left = [
            dump({"unsubscribes": left[start : start + PAGE], "total_items": len(left)})
            for start in range(0, max(len(left), 1), PAGE)
        ]
        self.lines = dump({"reports": [report.summary()], "total_items": 1})
        self.line = dump(report.summary())
        self.emails = dump([row["email_address"] for row in report.rows])
        if len(self.widths) == 1:
            report.rows.clear()

    def arrived(self) -> None:
        self.under_way += 1
        self.seen["most"] = max(self.seen["most"], self.under_way)

    def answer(self, method: str, target: str, body: bytes) -> bytes | None:
        """None: 404."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for pattern, verb, handler in _ROUTES:
            found = pattern.fullmatch(parts.path)
            if found and verb == method:
                return handler(self, query, json.loads(body) if body else None)
        return None

    def activity(self, query: dict[str, str], _: Any) -> bytes:
        fresh = "since" in query and (True, True) in self.pages
        if fresh and datetime.fromisoformat(query["since"]).timestamp() < SENT_AT + 3600:
            fresh = False
        pages = self.pages["fields" in query, fresh]
        number = int(query.get("offset", 0)) // PAGE
        return pages[number] if number < len(pages) else self.beyond()

    def beyond(self) -> bytes:
        return dump({"emails": [], "total_items": self.report.people})

    def delivered(self, query: dict[str, str], _: Any) -> bytes:
        number = int(query.get("offset", 0)) // PAGE
        return self.sent_to[number] if number < len(self.sent_to) else dump({"sent_to": []})

    def unsubscribed(self, query: dict[str, str], _: Any) -> bytes:
        number = int(query.get("offset", 0)) // PAGE
        return self.left[number] if number < len(self.left) else dump({"unsubscribes": []})

    def subscribe(self, _: dict[str, str], body: Any) -> bytes:
        rows = [row["email_address"].lower() for row in body["members"]]
        self.members.update(rows)
        empty: dict[str, Any] = {"new_members": [], "updated_members": [], "errors": []}
        return dump(empty | {"total_created": len(rows), "total_updated": 0, "error_count": 0})

    def fill(self, _: dict[str, str], body: Any) -> bytes:
        rows = body.get("static_segment") or body.get("members_to_add") or []
        self.segment.update(row.lower() for row in rows)
        told = {"id": 1, "name": body.get("name", ""), "member_count": len(self.segment)}
        return dump(told | {"total_added": len(rows), "errors": [], "error_count": 0})

    def more(self, _: dict[str, str], __: Any) -> bytes:
        self.report.add_new_events()
        self.render()
        return b"{}"

    def stats(self, _: dict[str, str], __: Any) -> bytes:
        told = dict(self.seen, members=len(self.members), segment=len(self.segment))
        self.seen.update(requests=0, bytes=0, most=0)
        return dump(told)


Handler = Callable[[PrerenderedMailChimp, dict[str, str], Any], bytes]


def _fixed(name: str) -> Handler:
    return lambda origin, _, __: getattr(origin, name)


def _constant(value: Any) -> Handler:
    rendered = dump(value)
    return lambda *_: rendered


_AUDIENCE = {"id": "a1b2c3d4e5", "web_id": 1, "name": "List", "stats": {"member_count": 0}}
_STATUS = {"id": CAMPAIGN, "web_id": 1, "status": "sent", "send_time": iso(SENT_AT)}
_ROUTES: tuple[tuple[re.Pattern[str], str, Handler], ...] = tuple(
    (re.compile(pattern), verb, handler)
    for pattern, verb, handler in (
        (r"/3\.0/reports/[^/]+/email-activity", "GET", PrerenderedMailChimp.activity),
        (r"/3\.0/reports/[^/]+/sent-to", "GET", PrerenderedMailChimp.delivered),
        (r"/3\.0/reports/[^/]+/unsubscribed", "GET", PrerenderedMailChimp.unsubscribed),
        (r"/3\.0/reports", "GET", _fixed("lines")),
        (r"/3\.0/reports/[^/]+", "GET", _fixed("line")),
        (r"/3\.0/campaigns/[^/]+", "GET", _constant(_STATUS)),
        (r"/3\.0/lists/[^/]+", "GET", _constant(_AUDIENCE)),
        (r"/3\.0/lists/[^/]+/members", "GET", _constant({"members": [], "total_items": 0})),
        (r"/3\.0/lists/[^/]+", "POST", PrerenderedMailChimp.subscribe),
        (r"/3\.0/lists/[^/]+/segments", "GET", _constant({"segments": [], "total_items": 0})),
        (r"/3\.0/lists/[^/]+/segments", "POST", PrerenderedMailChimp.fill),
        (r"/3\.0/lists/[^/]+/segments/[^/]+", "POST", PrerenderedMailChimp.fill),
        (r"/__emails", "GET", _fixed("emails")),
        (r"/__more", "POST", PrerenderedMailChimp.more),
        (r"/__stats", "GET", PrerenderedMailChimp.stats),
    )
)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as the clients here speak."""

    def __init__(self, origin: PrerenderedMailChimp, latency: float) -> None:
        self._origin, self._latency, self._buffer = origin, latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, rest = self._buffer.split(b"\r\n\r\n", 1)
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                return
            body, self._buffer = rest[:size], rest[size:]
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
            self._origin.arrived()
            asyncio.get_running_loop().call_later(
                self._latency, self._reply, self._origin.answer(method, target, body), target
            )

    def _reply(self, content: bytes | None, target: str) -> None:
        line = b"200 OK" if content is not None else b"404 Not Found"
        content = content if content is not None else b'{"title":"Resource Not Found","status":404}'
        self._origin.under_way -= 1
        if "/__" not in target:
            self._origin.seen["requests"] += 1
            self._origin.seen["bytes"] += len(content)
        if not self._transport.is_closing():
            head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(head % (line, len(content)) + content)  # type: ignore[attr-defined]


async def serve(people: int, port: int, latency: float, lean: bool) -> None:
    origin = PrerenderedMailChimp(people, lean)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(origin, latency), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument(
        "--lean", action="store_true", help="narrow pages only, for very many people"
    )
    given = parser.parse_args()
    asyncio.run(serve(given.people, given.port, given.latency, given.lean))
