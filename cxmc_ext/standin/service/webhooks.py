"""Webhooks as MailChimp sends them: form-encoded, signed, from one background thread.

Only loopback addresses are ever called. https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
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

VALIDATOR_AGENT = "MailChimp.com WebHook Validator"
SENDER_AGENT = "MailChimp"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
# Seconds before the first retry; the pause doubles with each further one.
FIRST_RETRY_PAUSE = 0.5
TIMEOUT = 10


@dataclass(frozen=True, slots=True)
class WebhookPost:
    """One call that is waiting to be sent."""

    webhook: Webhook
    body: bytes
    retries: int


class WebhookQueue:
    """Calls to be sent: `enqueue` adds them and `run` sends them.

    `delivered` lists the attempts as (url, body, status), for tests.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.waiting: queue.Queue[WebhookPost | None] = queue.Queue()
        self.delivered: list[tuple[str, str, int]] = []

    def enqueue(
        self, audience: Audience, event: str, source: str, data: Json, moment: int, retries: int = 3
    ) -> None:
        """Adds a call for every webhook of the audience that wants this event.

        Args:
            audience: The audience in which something happened.
            event: subscribe, unsubscribe, profile, cleaned, upemail or campaign.
            source: Who did it: user, admin or api.
            data: The values to send.
            moment: When it happened.
            retries: How often a failed call is repeated.
        """
        body = urlencode(_form_fields(event, data, moment)).encode()
        for webhook in audience.webhooks.values():
            if webhook.enabled and _wants(webhook, event, source):
                self.waiting.put(WebhookPost(webhook, body, retries))

    def run(self, stop: threading.Event) -> None:
        """Sends calls until `stop` is set and `wake` is called; runs in a thread of its own."""
        while not stop.is_set():
            post = self.waiting.get()
            if post:
                self._send(post, stop)

    def wake(self) -> None:
        """Lets `run` notice that it shall stop, although there is nothing to send."""
        self.waiting.put(None)

    def _send(self, post: WebhookPost, stop: threading.Event) -> None:
        for attempt in range(post.retries + 1):
            status = deliver(post)
            self.delivered.append((post.webhook.url, post.body.decode(), status))
            if status == 410:
                post.webhook.enabled = False
            if status in (200, 410) or stop.wait(FIRST_RETRY_PAUSE * 2**attempt):
                return


def validate_url(url: str) -> bool:
    """Whether a GET answers 200 without a redirect; URLs beyond loopback are accepted unseen."""
    if not is_loopback(url):
        return urlsplit(url).scheme in ("http", "https")
    return _status("GET", url, None, {"User-Agent": VALIDATOR_AGENT}) == 200


def deliver(post: WebhookPost) -> int:
    """Sends one call; returns the status of the answer, 0 if there was none.

    Calls to other than loopback addresses are not sent and count as 200.
    """
    if not is_loopback(post.webhook.url):
        return 200
    timestamp = int(time.time())
    signed_text = f"{timestamp}.".encode() + post.body
    signature = hmac.new(post.webhook.secret.encode(), signed_text, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": SENDER_AGENT,
        "X-Mailchimp-Signature": f"t={timestamp},v1={signature}",
    }
    return _status("POST", post.webhook.url, post.body, headers)


def is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def _status(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> int:
    """The status of the answer, 0 if there is none; follows no redirects and uses no proxies."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _wants(webhook: Webhook, event: str, source: str) -> bool:
    """`campaign` events cannot be limited by source."""
    return bool(webhook.events.get(event)) and (
        event == "campaign" or bool(webhook.sources.get(source))
    )


def _form_fields(event: str, data: Json, moment: int) -> dict[str, str]:
    fired_at = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
    form = {"type": event, "fired_at": fired_at}
    for name, value in data.items():
        if isinstance(value, dict):
            form |= {f"data[{name}][{key}]": str(inner) for key, inner in value.items()}
        else:
            form[f"data[{name}]"] = str(value)
    return form
