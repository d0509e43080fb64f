"""The webhooks of an audience: list, create, read, delete."""

import secrets

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint, json_object
from cxmc_ext.standin.models import Audience, Json, Webhook
from cxmc_ext.standin.problems import bad_request, invalid, not_found
from cxmc_ext.standin.service.webhooks import validate_url

WEBHOOKS = "/lists/<list_id>/webhooks"
WEBHOOK = f"{WEBHOOKS}/<webhook_id>"
EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
SOURCES = ("user", "admin", "api")


@endpoint("GET", WEBHOOKS)
def list_webhooks(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    rows = [_webhook_json(audience, webhook) for webhook in audience.webhooks.values()]
    return {"webhooks": rows, "list_id": list_id, "total_items": len(rows), "_links": []}


@endpoint("POST", WEBHOOKS, locked=False)
def create_webhook(call: Call, list_id: str) -> Json:
    """Calls the URL, then creates the webhook; the answer shows the signing secret, this one time.

    The state is not locked during the call, because the receiver may call the API meanwhile.
    """
    audience = audience_of(call, list_id)
    url = str(call.body.get("url", ""))
    if not url:
        raise invalid("url", "This value should not be blank.")
    if not validate_url(url):
        raise bad_request("We were unable to validate your webhook URL: it must answer 200.")
    with call.state.lock:
        if any(webhook.url == url for webhook in audience.webhooks.values()):
            raise bad_request("Sorry, you can't set up multiple WebHooks for one URL.")
        webhook = Webhook(
            call.state.new_id(),
            url,
            events=_flags(call.body, "events", EVENTS),
            sources=_flags(call.body, "sources", SOURCES),
            secret=secrets.token_hex(32),
        )
        audience.webhooks[webhook.id] = webhook
        return _webhook_json(audience, webhook) | {"signing_secret": webhook.secret}


@endpoint("GET", WEBHOOK)
def read_webhook(call: Call, list_id: str, webhook_id: str) -> Json:
    audience = audience_of(call, list_id)
    return _webhook_json(audience, _webhook_of(audience, webhook_id))


@endpoint("DELETE", WEBHOOK)
def delete_webhook(call: Call, list_id: str, webhook_id: str) -> None:
    audience = audience_of(call, list_id)
    del audience.webhooks[_webhook_of(audience, webhook_id).id]


def _webhook_of(audience: Audience, webhook_id: str) -> Webhook:
    webhook = audience.webhooks.get(webhook_id)
    if webhook is None:
        raise not_found()
    return webhook


def _webhook_json(audience: Audience, webhook: Webhook) -> Json:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": dict(webhook.events),
        "sources": dict(webhook.sources),
        "list_id": audience.id,
        "signing_enabled": True,
        "_links": [],
    }


def _flags(body: Json, field: str, names: tuple[str, ...]) -> dict[str, bool]:
    """The flags of a field; those that are not given are on."""
    given = json_object(body, field)
    return {name: bool(given.get(name, True)) for name in names}
