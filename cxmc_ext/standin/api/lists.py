"""Audiences: list, create, read, change, delete."""

from collections import Counter

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint, require
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Account, Audience, Json
from cxmc_ext.standin.problems import invalid, plan_refused
from cxmc_ext.standin.seed_data import default_merge_fields

STATS_AGE = 300
REQUIRED = ("name", "contact", "permission_reminder", "campaign_defaults")
NESTED = {
    "contact": ("company", "address1", "city", "country"),
    "campaign_defaults": ("from_name", "from_email", "subject", "language"),
}
PLAIN = (
    "name", "permission_reminder", "email_type_option", "double_optin", "marketing_permissions",
    "notify_on_subscribe", "notify_on_unsubscribe", "use_archive_bar",
)  # fmt: skip


@endpoint("GET", "/lists")
def all_lists(call: Call) -> Json:
    rows = in_time_range(call.args, "date_created", call.account.lists.values(), _created)
    rows = sort_rows(call.args, rows, {"date_created": _created})
    body = page(call.args, "lists", rows, lambda each: shown(call, each))
    return body | {"constraints": constraints(call.account)}


@endpoint("POST", "/lists")
def create_list(call: Call) -> Json:
    if not constraints(call.account)["may_create"]:
        raise plan_refused()
    require(call.body, *REQUIRED)
    for part, names in NESTED.items():
        _nested(call.body, part, names)
    if not isinstance(call.body.get("email_type_option"), bool):
        raise invalid("email_type_option", "This value should be of type boolean.")
    audience = Audience(call.state.new_id(), call.state.new_number(), "", call.now)
    audience.merge_fields = default_merge_fields()
    _write(audience, call.body)
    call.account.lists[audience.id] = audience
    return shown(call, audience)


@endpoint("GET", "/lists/<list_id>")
def one_list(call: Call, list_id: str) -> Json:
    return shown(call, audience_of(call, list_id))


@endpoint("PATCH", "/lists/<list_id>")
def change_list(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    _write(audience, call.body)
    return shown(call, audience)


@endpoint("DELETE", "/lists/<list_id>")
def delete_list(call: Call, list_id: str) -> None:
    del call.account.lists[audience_of(call, list_id).id]


def constraints(account: Account) -> Json:
    most = 1 if account.plan == "forever_free" else -1
    count = len(account.lists)
    return {
        "may_create": most < 0 or count < most,
        "max_instances": most,
        "current_total_instances": count,
    }


def shown(call: Call, audience: Audience) -> Json:
    return {
        "id": audience.id,
        "web_id": audience.web_id,
        "name": audience.name,
        "contact": audience.contact,
        "permission_reminder": audience.permission_reminder,
        "use_archive_bar": audience.use_archive_bar,
        "campaign_defaults": audience.campaign_defaults,
        "notify_on_subscribe": audience.notify_on_subscribe,
        "notify_on_unsubscribe": audience.notify_on_unsubscribe,
        "date_created": iso(audience.date_created),
        "list_rating": 0,
        "email_type_option": audience.email_type_option,
        "subscribe_url_short": f"{call.base_url}/audiences/{audience.id}",
        "subscribe_url_long": f"{call.base_url}/audiences/{audience.id}",
        "beamer_address": f"{audience.id}@inbound.standin.example",
        "visibility": "prv",
        "double_optin": audience.double_optin,
        "has_welcome": False,
        "marketing_permissions": audience.marketing_permissions,
        "modules": [],
        "stats": _stats(call, audience),
        "_links": [],
    }


def _created(audience: Audience) -> int:
    return audience.date_created


def _nested(body: Json, part: str, names: tuple[str, ...]) -> None:
    value = body[part]
    if not isinstance(value, dict):
        raise invalid(part, "Schema describes object.")
    for name in names:
        if not isinstance(value.get(name), str) or (not value[name] and name != "subject"):
            raise invalid(f"{part}.{name}", "This value should not be blank.")


def _write(audience: Audience, body: Json) -> None:
    for name in PLAIN:
        if name in body:
            setattr(audience, name, body[name])
    audience.contact |= body.get("contact", {})
    audience.campaign_defaults |= body.get("campaign_defaults", {})


def _stats(call: Call, audience: Audience) -> Json:
    """Figures may be five minutes old, as in the real service."""
    if call.now - audience.counted_at >= STATS_AGE or call.now < audience.counted_at:
        audience.counts = dict(Counter(each.status for each in audience.members.values()))
        audience.counted_at = call.now
    counts = audience.counts
    sent = [each for each in call.account.campaigns.values() if each.list_id == audience.id]
    return {
        "member_count": counts.get("subscribed", 0),
        "total_contacts": sum(counts.values()),
        "unsubscribe_count": counts.get("unsubscribed", 0),
        "cleaned_count": counts.get("cleaned", 0),
        "member_count_since_send": 0,
        "unsubscribe_count_since_send": 0,
        "cleaned_count_since_send": 0,
        "campaign_count": len(sent),
        "campaign_last_sent": iso(
            max((e.send_time for e in sent if e.status == "sent"), default=0)
        ),
        "merge_field_count": len(audience.merge_fields),
        "avg_sub_rate": 0,
        "avg_unsub_rate": 0,
        "target_sub_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
        "last_sub_date": "",
        "last_unsub_date": "",
    }
