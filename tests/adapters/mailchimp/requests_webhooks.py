"""Webhooks: call, verb, path, query, body, answer; and what comes of it."""

from typing import Any

from cxmc_ext.domain.mailchimp import Webhook
from tests.adapters.mailchimp.requests_account import Entry

CALLS: dict[str, Entry] = {
    "webhooks": (
        lambda c: c.webhooks("l1"),
        "GET",
        "/lists/l1/webhooks",
        {},
        None,
        {"webhooks": [{"id": "w1", "url": "https://crm.example/hook"}]},
    ),
    "create_webhook": (
        lambda c: c.create_webhook("l1", "https://crm.example/hook"),
        "POST",
        "/lists/l1/webhooks",
        {},
        {
            "url": "https://crm.example/hook",
            "events": {
                "subscribe": False,
                "unsubscribe": True,
                "profile": False,
                "cleaned": True,
                "upemail": False,
                "campaign": False,
            },
            "sources": {"user": True, "admin": True, "api": True},
        },
        {
            "id": "w1",
            "url": "https://crm.example/hook",
            "signing_enabled": True,
            "signing_secret": "k",
        },
    ),
    "delete_webhook": (
        lambda c: c.delete_webhook("l1", "w1"),
        "DELETE",
        "/lists/l1/webhooks/w1",
        {},
        None,
        None,
    ),
}

RESULTS: dict[str, Any] = {
    "webhooks": (Webhook("w1", "https://crm.example/hook"),),
    "create_webhook": Webhook("w1", "https://crm.example/hook", is_signed=True, signing_key="k"),
}
