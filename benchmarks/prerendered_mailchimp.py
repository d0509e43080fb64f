"""A small HTTP server with prerendered responses, so that a benchmark measures the client.

``python -m benchmarks.prerendered_mailchimp --people 100000 --port 8099 --latency 0`` serves one sent
campaign of one audience, and can be sent one more. ``POST /__more`` adds 1 % events, ``GET /__stats``
returns and resets the counters, ``GET /__emails`` returns the addresses.
"""

import argparse
import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.generated_data import (
    CAMPAIGN,
    PAGE_SIZE,
    SENT_AT,
    GeneratedReport,
    campaign_ids,
    dump,
    iso,
    member_id,
)


class PrerenderedMailChimp:
    """The responses by path. Those that are requested often are kept as bytes."""

    def __init__(self, people: int, lean: bool = False, campaigns: int = 1) -> None:
        self.campaigns = campaigns
        self.report = GeneratedReport.generate(people)
        self.narrow_or_not = (True,) if lean else (True, False)
        self.counters = {"requests": 0, "bytes": 0, "most": 0}
        self.in_progress = 0
        self.segment: dict[str, None] = {}
        self.status = "save"
        self.members: set[str] = set()
        self.render()

    def render(self) -> None:
        """Render the pages of the report."""
        report = self.report
        self.pages = {
            (narrow, only_new): report.pages(narrow, report.since if only_new else None)
            for narrow in self.narrow_or_not
            for only_new in ((True, False) if report.since else (False,))
        }
        self.sent_to = report.delivered() if len(self.narrow_or_not) > 1 else []
        rows = report.unsubscribes
        self.unsubscribes = [
            dump({"unsubscribes": rows[start : start + PAGE_SIZE], "total_items": len(rows)})
            for start in range(0, max(len(rows), 1), PAGE_SIZE)
        ]
        listed = [report.summary() | {"id": name} for name in campaign_ids(self.campaigns)]
        self.summaries = dump({"reports": listed, "total_items": len(listed)})
        self.no_summaries = dump({"reports": [], "total_items": len(listed)})
        self.summary = dump(report.summary())
        self.emails = dump([row["email_address"] for row in report.rows])
        if len(self.narrow_or_not) == 1:
            report.rows.clear()

    def begin_request(self) -> None:
        """Count a request."""
        self.in_progress += 1
        self.counters["most"] = max(self.counters["most"], self.in_progress)

    def respond(self, method: str, target: str, body: bytes) -> bytes | None:
        """Return the body of the response; None for 404."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        for pattern, verb, handler in _ROUTES:
            if verb == method and pattern.fullmatch(parts.path):
                return handler(self, query, json.loads(body) if body else None)
        return None

    def activity(self, query: dict[str, str], _: Any) -> bytes:
        """`GET /reports/{id}/email-activity`"""
        only_new = "since" in query and (True, True) in self.pages
        if only_new and datetime.fromisoformat(query["since"]).timestamp() < SENT_AT + 3600:
            only_new = False
        pages = self.pages["fields" in query, only_new]
        number = int(query.get("offset", 0)) // PAGE_SIZE
        if number < len(pages):
            return pages[number]
        return dump({"emails": [], "total_items": self.report.people})

    def listed(self, query: dict[str, str], _: Any) -> bytes:
        """`GET /reports`"""
        return self.no_summaries if int(query.get("offset", 0)) else self.summaries

    def delivered(self, query: dict[str, str], _: Any) -> bytes:
        """`GET /reports/{id}/sent-to`"""
        number = int(query.get("offset", 0)) // PAGE_SIZE
        return self.sent_to[number] if number < len(self.sent_to) else dump({"sent_to": []})

    def unsubscribed(self, query: dict[str, str], _: Any) -> bytes:
        """`GET /reports/{id}/unsubscribed`"""
        number = int(query.get("offset", 0)) // PAGE_SIZE
        pages = self.unsubscribes
        return pages[number] if number < len(pages) else dump({"unsubscribes": []})

    def subscribe(self, _: dict[str, str], body: Any) -> bytes:
        """`POST /lists/{id}`"""
        rows = [row["email_address"].lower() for row in body["members"]]
        self.members.update(rows)
        empty: dict[str, Any] = {"new_members": [], "updated_members": [], "errors": []}
        return dump(empty | {"total_created": len(rows), "total_updated": 0, "error_count": 0})

    def fill_segment(self, _: dict[str, str], body: Any) -> bytes:
        """`POST /lists/{id}/segments` and `POST /lists/{id}/segments/{id}`"""
        addresses = body.get("static_segment") or body.get("members_to_add") or []
        self.segment.update(dict.fromkeys(map(str.lower, addresses)))
        segment = {"id": 1, "name": body.get("name", ""), "member_count": len(self.segment)}
        return dump(segment | {"total_added": len(addresses), "errors": [], "error_count": 0})

    def in_segment(self, query: dict[str, str], _: Any) -> bytes:
        """`GET /lists/{id}/segments/{id}/members`"""
        start = int(query.get("offset", 0))
        members = [
            {"id": member_id(address), "email_address": address, "status": "subscribed"}
            for address in islice(self.segment, start, start + PAGE_SIZE)
        ]
        return dump({"members": members, "total_items": len(self.segment)})

    def draft(self, _: dict[str, str], __: Any) -> bytes:
        """`POST /campaigns` and `GET /campaigns/{id}` of the campaign that is sent here."""
        options = {"saved_segment_id": 1}
        people = {"list_id": _AUDIENCE["id"], "segment_opts": options}
        return dump({"id": _DRAFT, "web_id": 2, "status": self.status, "send_time": iso(SENT_AT),
                     "recipients": people | {"recipient_count": len(self.segment)}})  # fmt: skip

    def send(self, _: dict[str, str], __: Any) -> bytes:
        """`POST /campaigns/{id}/actions/send`"""
        self.status = "sent"
        return b""

    def add_events(self, _: dict[str, str], __: Any) -> bytes:
        """`POST /__more`"""
        self.report.add_new_events()
        self.render()
        return b"{}"

    def stats(self, _: dict[str, str], __: Any) -> bytes:
        """`GET /__stats`"""
        stats = dict(self.counters, members=len(self.members), segment=len(self.segment))
        self.counters.update(requests=0, bytes=0, most=0)
        return dump(stats)


Handler = Callable[[PrerenderedMailChimp, dict[str, str], Any], bytes]


def _attribute(name: str) -> Handler:
    return lambda api, _, __: getattr(api, name)


def _constant(value: Any) -> Handler:
    rendered = dump(value)
    return lambda *_: rendered


_AUDIENCE = {"id": "a1b2c3d4e5", "web_id": 1, "name": "List", "stats": {"member_count": 0}}
_ACCOUNT = {"account_id": "bench", "account_name": "Benchmark", "email": "", "role": "owner"}
_DRAFT = "d4af7"
_STATUS = {"id": CAMPAIGN, "web_id": 1, "status": "sent", "send_time": iso(SENT_AT)}
_READY: dict[str, Any] = {"is_ready": True, "items": []}
_ROUTES: tuple[tuple[re.Pattern[str], str, Handler], ...] = tuple(
    (re.compile(pattern), verb, handler)
    for pattern, verb, handler in (
        (r"/3\.0/reports/[^/]+/email-activity", "GET", PrerenderedMailChimp.activity),
        (r"/3\.0/reports/[^/]+/sent-to", "GET", PrerenderedMailChimp.delivered),
        (r"/3\.0/reports/[^/]+/unsubscribed", "GET", PrerenderedMailChimp.unsubscribed),
        (r"/3\.0/reports", "GET", PrerenderedMailChimp.listed),
        (r"/3\.0/reports/[^/]+", "GET", _attribute("summary")),
        (r"/3\.0/", "GET", _constant(_ACCOUNT)),
        (r"/3\.0/campaigns", "POST", PrerenderedMailChimp.draft),
        (rf"/3\.0/campaigns/{_DRAFT}", "GET", PrerenderedMailChimp.draft),
        (r"/3\.0/campaigns/[^/]+/content", "PUT", _constant({})),
        (r"/3\.0/campaigns/[^/]+/send-checklist", "GET", _constant(_READY)),
        (r"/3\.0/campaigns/[^/]+/actions/send", "POST", PrerenderedMailChimp.send),
        (r"/3\.0/campaigns/[^/]+", "GET", _constant(_STATUS)),
        (r"/3\.0/lists/[^/]+", "GET", _constant(_AUDIENCE)),
        (r"/3\.0/lists/[^/]+/members", "GET", _constant({"members": [], "total_items": 0})),
        (r"/3\.0/lists/[^/]+", "POST", PrerenderedMailChimp.subscribe),
        (r"/3\.0/lists/[^/]+/segments", "GET", _constant({"segments": [], "total_items": 0})),
        (r"/3\.0/lists/[^/]+/segments", "POST", PrerenderedMailChimp.fill_segment),
        (r"/3\.0/lists/[^/]+/segments/[^/]+", "POST", PrerenderedMailChimp.fill_segment),
        (r"/3\.0/lists/[^/]+/segments/[^/]+/members", "GET", PrerenderedMailChimp.in_segment),
        (r"/__emails", "GET", _attribute("emails")),
        (r"/__more", "POST", PrerenderedMailChimp.add_events),
        (r"/__stats", "GET", PrerenderedMailChimp.stats),
    )
)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as the clients here use."""

    def __init__(self, api: PrerenderedMailChimp, latency: float) -> None:
        self._api, self._latency, self._buffer = api, latency, b""

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
            self._api.begin_request()
            asyncio.get_running_loop().call_later(
                self._latency, self._reply, self._api.respond(method, target, body), target
            )

    def _reply(self, content: bytes | None, target: str) -> None:
        line = b"404 Not Found" if content is None else b"200 OK" if content else b"204 No Content"
        content = content if content is not None else b'{"title":"Resource Not Found","status":404}'
        self._api.in_progress -= 1
        if "/__" not in target:
            self._api.counters["requests"] += 1
            self._api.counters["bytes"] += len(content)
        if not self._transport.is_closing():
            head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(head % (line, len(content)) + content)  # type: ignore[attr-defined]


async def serve(people: int, port: int, latency: float, lean: bool, campaigns: int) -> None:
    """Serve until interrupted; print the port first.

    Args:
        people: Recipients of the campaign.
        port: 0 for any free port.
        latency: Seconds each response is delayed.
        lean: Render only responses to requests with `fields`, to save memory.
        campaigns: How many campaigns have this report.
    """
    api = PrerenderedMailChimp(people, lean, campaigns)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(api, latency), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument(
        "--lean",
        action="store_true",
        help="only responses to requests with fields, for very many people",
    )
    parser.add_argument("--campaigns", type=int, default=1)
    args = parser.parse_args()
    asyncio.run(serve(args.people, args.port, args.latency, args.lean, args.campaigns))
