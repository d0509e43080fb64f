"""Webhooks of an audience: the address is tried before it is accepted."""

import secrets

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint
from cxmc_ext.standin.models import Audience, Json, Webhook
from cxmc_ext.standin.problems import bad_request, invalid, not_found
from cxmc_ext.standin.service import webhooks

BASE = "/lists/<list_id>/webhooks"
EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
SOURCES = ("user", "admin", "api")


@endpoint("GET", BASE)
def all_webhooks(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    rows = [shown(audience, each) for each in audience.webhooks.values()]
    return {"webhooks": rows, "list_id": list_id, "total_items": len(rows), "_links": []}


@endpoint("POST", BASE, locked=False)
def create_webhook(call: Call, list_id: str) -> Json:
    """The lock is free while the address is tried: the product may call back meanwhile."""
    audience = audience_of(call, list_id)
    url = str(call.body.get("url", ""))
    if not url:
        raise invalid("url", "This value should not be blank.")
    if not webhooks.validate_url(url):
        raise bad_request("We were unable to validate your webhook URL: it must answer 200.")
    with call.state.lock:
        if any(each.url == url for each in audience.webhooks.values()):
            raise bad_request("Sorry, you can't set up multiple WebHooks for one URL.")
        hook = Webhook(call.state.new_id(), url, {}, {}, secrets.token_hex(32))
        hook.events = _flags(call.body, "events", EVENTS)
        hook.sources = _flags(call.body, "sources", SOURCES)
        audience.webhooks[hook.id] = hook
        return shown(audience, hook) | {"signing_secret": hook.secret}


@endpoint("GET", BASE + "/<webhook_id>")
def one_webhook(call: Call, list_id: str, webhook_id: str) -> Json:
    audience = audience_of(call, list_id)
    return shown(audience, _hook(audience, webhook_id))


@endpoint("PATCH", BASE + "/<webhook_id>")
def change_webhook(call: Call, list_id: str, webhook_id: str) -> Json:
    audience = audience_of(call, list_id)
    hook = _hook(audience, webhook_id)
    hook.events |= _flags(call.body, "events", EVENTS, hook.events)
    hook.sources |= _flags(call.body, "sources", SOURCES, hook.sources)
    return shown(audience, hook)


@endpoint("DELETE", BASE + "/<webhook_id>")
def delete_webhook(call: Call, list_id: str, webhook_id: str) -> None:
    audience = audience_of(call, list_id)
    del audience.webhooks[_hook(audience, webhook_id).id]


def shown(audience: Audience, hook: Webhook) -> Json:
    return {
        "id": hook.id,
        "url": hook.url,
        "events": dict(hook.events),
        "sources": dict(hook.sources),
        "list_id": audience.id,
        "signing_enabled": True,
        "_links": [],
    }


def _hook(audience: Audience, webhook_id: str) -> Webhook:
    hook = audience.webhooks.get(webhook_id)
    if hook is None:
        raise not_found()
    return hook


def _flags(
    body: Json, part: str, names: tuple[str, ...], before: dict[str, bool] | None = None
) -> dict[str, bool]:
    given = body.get(part) or {}
    if not isinstance(given, dict):
        raise invalid(part, "Schema describes object.")
    old = before or dict.fromkeys(names, True)
    return {name: bool(given.get(name, old[name])) for name in names}
