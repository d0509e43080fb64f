"""A small HTTP origin whose answers are rendered beforehand: it measures the client, not itself.

``python -m benchmarks.origin --people 100000 --port 8099 --latency 0`` serves one sent campaign of one
audience: about 2.5 events a recipient, 2 % bounced, 2 % unsubscribed. ``POST /__more`` adds 1 % events.
"""

import argparse
import asyncio
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import Any
from urllib.parse import parse_qs, urlsplit

CAMPAIGN = "c0ffee0001"
SENT_AT = 1_790_000_000
PAGE = 1000
LINKS = [f"https://cedarstaffing.example/vacature/{n}" for n in range(20)]
_BULKY = {"_links": [{"rel": "parent", "href": "https://us1.api.example/3.0/" + "x" * 60}] * 7}


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@dataclass
class Report:
    """One campaign's events, and every page of them as bytes."""

    people: int
    since: int | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0))
    last: int = SENT_AT

    @classmethod
    def made(cls, people: int) -> "Report":
        dice = random.Random(42)
        report = cls(people)
        for n in range(people):
            address = f"person{n}@firma{n % 977}.example"
            key = md5(address.encode(), usedforsecurity=False).hexdigest()
            row = {"campaign_id": CAMPAIGN, "list_id": "a1b2c3d4e5", "list_is_active": True,
                   "email_id": key, "email_address": address, "activity": []}  # fmt: skip
            report.rows.append(row)
            if dice.random() < 0.02:
                report.add(row, "bounce", SENT_AT + dice.randrange(600))
            for _ in range(min(int(dice.expovariate(0.36)), 40)):
                action = "click" if dice.random() < 0.25 else "open"
                report.add(row, action, SENT_AT + dice.randrange(60, 86_400), dice)
            if dice.random() < 0.02:
                report.leave(row, SENT_AT + dice.randrange(86_400))
        return report

    def more(self) -> None:
        """One per cent new events, after all that was there."""
        dice = random.Random(self.last)
        start = self.last
        for _ in range(max(1, self.totals["open"] // 80)):
            row = dice.choice(self.rows)
            action = "click" if dice.random() < 0.25 else "open"
            self.add(row, action, start + 1 + dice.randrange(3600), dice)
        self.since = start

    def add(
        self, row: dict[str, Any], action: str, at: int, dice: random.Random | None = None
    ) -> None:
        event: dict[str, Any] = {"action": action, "timestamp": iso(at), "ip": "83.85.12.7"}
        if action == "click" and dice:
            event["url"] = dice.choice(LINKS)
        if action == "bounce":
            event["type"] = "hard"
        event["at"] = at
        row["activity"].append(event)
        self.totals[action] += 1
        if action != "bounce":
            self.last = max(self.last, at)

    def leave(self, row: dict[str, Any], at: int) -> None:
        gone = {"email_id": row["email_id"], "email_address": row["email_address"]}
        self.left.append(gone | {"timestamp": iso(at), "reason": "None given"})
        self.totals["left"] += 1

    def line(self) -> dict[str, Any]:
        totals = self.totals
        return {
            "id": CAMPAIGN,
            "emails_sent": self.people,
            "send_time": iso(SENT_AT),
            "abuse_reports": 0,
            "unsubscribed": totals["left"],
            "bounces": {"hard_bounces": totals["bounce"], "soft_bounces": 0, "syntax_errors": 0},
            "opens": {"opens_total": totals["open"], "last_open": iso(self.last)},
            "clicks": {"clicks_total": totals["click"], "last_click": iso(self.last)},
        }

    def pages(self, narrow: bool, after: int | None) -> list[bytes]:
        return [
            dump(
                {
                    "emails": [
                        _shown(row, narrow, after) for row in self.rows[start : start + PAGE]
                    ],
                    "total_items": self.people,
                }
            )
            for start in range(0, self.people, PAGE)
        ]


_KINDS = ("open", "click", "bounce", "left")


def _shown(row: dict[str, Any], narrow: bool, after: int | None) -> dict[str, Any]:
    told = [
        {name: value for name, value in event.items() if name != "at"}
        for event in row["activity"]
        if after is None or event["at"] > after
    ]
    if narrow:
        kept = {"email_id": row["email_id"], "email_address": row["email_address"]}
        return kept | {"activity": told}
    return row | {"activity": told} | _BULKY


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class Origin:
    """The answers by path. Everything that is asked often lies ready as bytes."""

    def __init__(self, people: int, lean: bool = False) -> None:
        self.report = Report.made(people)
        self.widths = (True,) if lean else (True, False)
        self.seen = {"requests": 0, "bytes": 0, "most": 0}
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
        left = report.left
        self.left = [
            dump({"unsubscribes": left[start : start + PAGE], "total_items": len(left)})
            for start in range(0, max(len(left), 1), PAGE)
        ]
        self.lines = dump({"reports": [report.line()], "total_items": 1})
        self.line = dump(report.line())
        self.emails = dump([row["email_address"] for row in report.rows])
        if len(self.widths) == 1:
            report.rows.clear()

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
        self.report.more()
        self.render()
        return b"{}"

    def stats(self, _: dict[str, str], __: Any) -> bytes:
        told = dict(self.seen, members=len(self.members), segment=len(self.segment))
        self.seen.update(requests=0, bytes=0, most=0)
        return dump(told)


Handler = Callable[[Origin, dict[str, str], Any], bytes]


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
        (r"/3\.0/reports/[^/]+/email-activity", "GET", Origin.activity),
        (r"/3\.0/reports/[^/]+/unsubscribed", "GET", Origin.unsubscribed),
        (r"/3\.0/reports", "GET", _fixed("lines")),
        (r"/3\.0/reports/[^/]+", "GET", _fixed("line")),
        (r"/3\.0/campaigns/[^/]+", "GET", _constant(_STATUS)),
        (r"/3\.0/lists/[^/]+", "GET", _constant(_AUDIENCE)),
        (r"/3\.0/lists/[^/]+/members", "GET", _constant({"members": [], "total_items": 0})),
        (r"/3\.0/lists/[^/]+", "POST", Origin.subscribe),
        (r"/3\.0/lists/[^/]+/segments", "GET", _constant({"segments": [], "total_items": 0})),
        (r"/3\.0/lists/[^/]+/segments", "POST", Origin.fill),
        (r"/3\.0/lists/[^/]+/segments/[^/]+", "POST", Origin.fill),
        (r"/__emails", "GET", _fixed("emails")),
        (r"/__more", "POST", Origin.more),
        (r"/__stats", "GET", Origin.stats),
    )
)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as the clients here speak."""

    def __init__(self, origin: Origin, latency: float) -> None:
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
            asyncio.get_running_loop().call_later(
                self._latency, self._reply, self._origin.answer(method, target, body), target
            )

    def _reply(self, content: bytes | None, target: str) -> None:
        line = b"200 OK" if content is not None else b"404 Not Found"
        content = content if content is not None else b'{"title":"Resource Not Found","status":404}'
        if "/__" not in target:
            self._origin.seen["requests"] += 1
            self._origin.seen["bytes"] += len(content)
        if not self._transport.is_closing():
            head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(head % (line, len(content)) + content)  # type: ignore[attr-defined]


async def serve(people: int, port: int, latency: float, lean: bool) -> None:
    origin = Origin(people, lean)
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
