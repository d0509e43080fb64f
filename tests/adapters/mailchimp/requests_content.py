"""The content of templates and campaigns: call, verb, path, query, body, answer; and what comes of it."""

from typing import Any

from tests.adapters.mailchimp.requests_account import Entry

CALLS: dict[str, Entry] = {
    "campaign_html": (
        lambda c: c.campaign_html("c1"),
        "GET",
        "/campaigns/c1/content",
        {"fields": "html"},
        None,
        {"html": "<p>hi</p>"},
    ),
    "set_template": (
        lambda c: c.set_template("c1", 10001, {"main": "<p>Hi</p>"}),
        "PUT",
        "/campaigns/c1/content",
        {},
        {"template": {"id": 10001, "sections": {"main": "<p>Hi</p>"}}},
        {"html": ""},
    ),
    "set_html": (
        lambda c: c.set_html("c1", "<p>Hi</p>"),
        "PUT",
        "/campaigns/c1/content",
        {},
        {"html": "<p>Hi</p>"},
        {"html": "<p>Hi</p>"},
    ),
    "template_regions": (
        lambda c: c.template_regions(10001),
        "GET",
        "/templates/10001/default-content",
        {"fields": "sections"},
        None,
        {"sections": {"main": "<p>Hi</p>", "side": None}},
    ),
}

RESULTS: dict[str, Any] = {
    "template_regions": {"main": "<p>Hi</p>"},
    "campaign_html": "<p>hi</p>",
}
