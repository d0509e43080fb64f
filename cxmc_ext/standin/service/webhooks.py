"""Webhooks: what the real service would post, form-encoded and signed, from one background thread.

Only loopback addresses are ever called.
"""

import hashlib
import hmac
import http.client
import queue
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from cxmc_ext.standin.models import Audience, Json, Webhook

VALIDATOR = "MailChimp.com WebHook Validator"
SENDER = "MailChimp"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FIRST_GAP = 0.5


@dataclass(frozen=True, slots=True)
class WebhookPost:
    """One body on its way to one hook."""

    webhook: Webhook
    body: bytes
    retries: int


class WebhookQueue:
    """A queue that `fire` fills and `work` empties; `sent` keeps what was posted, for tests."""

    def __init__(self) -> None:
        self.queue: queue.Queue[WebhookPost] = queue.Queue()
        self.delivered: list[tuple[str, str, int]] = []

    def clear(self) -> None:
        self.queue = queue.Queue()
        self.delivered = []

    def enqueue(
        self, audience: Audience, kind: str, source: str, data: Json, moment: int, retries: int = 3
    ) -> None:
        body = urlencode(_flat(kind, data, moment)).encode()
        for hook in audience.webhooks.values():
            if hook.enabled and hook.events.get(kind) and _wants(hook, kind, source):
                self.queue.put(WebhookPost(hook, body, retries))

    def run(self, stop: threading.Event) -> None:
        """Run in a thread of its own until `stop`."""
        while not stop.is_set():
            try:
                post = self.queue.get(timeout=0.05)
            except queue.Empty:
                continue
            self._deliver(post, stop)

    def _deliver(self, post: WebhookPost, stop: threading.Event) -> None:
        for attempt in range(post.retries + 1):
            status = deliver(post)
            self.delivered.append((post.webhook.url, post.body.decode(), status))
            if status == 410:
                post.webhook.enabled = False
            if status in (200, 410) or stop.wait(FIRST_GAP * 2**attempt):
                return


def validate_url(url: str) -> bool:
    """A plain GET must answer 200 without redirect; other hosts than loopback are taken on trust."""
    if not is_loopback(url):
        return urlsplit(url).scheme in ("http", "https")
    return _status("GET", url, None, {"User-Agent": VALIDATOR}) == 200


def deliver(post: WebhookPost) -> int:
    """The answer's status, 0 when there was none."""
    if not is_loopback(post.webhook.url):
        return 200
    posted = int(time.time())
    signed = f"{posted}.".encode() + post.body
    digest = hmac.new(post.webhook.secret.encode(), signed, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": SENDER,
        "X-Mailchimp-Signature": f"t={posted},v1={digest}",
    }
    return _status("POST", post.webhook.url, post.body, headers)


def is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def _status(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> int:
    """Without redirects and proxies; 0 when there is no answer."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _wants(hook: Webhook, kind: str, source: str) -> bool:
    """`campaign` events cannot be limited by source."""
    return kind == "campaign" or bool(hook.sources.get(source))


def _flat(kind: str, data: Json, moment: int) -> dict[str, str]:
    fired = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
    form = {"type": kind, "fired_at": fired}
    for name, value in data.items():
        if isinstance(value, dict):
            form |= {f"data[{name}][{tag}]": str(each) for tag, each in value.items()}
        else:
            form[f"data[{name}]"] = str(value)
    return form
