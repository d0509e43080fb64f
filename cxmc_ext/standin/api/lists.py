"""Audiences, which the API calls lists: list, create, read, delete."""

from collections import Counter

from cxmc_ext.standin.api.endpoint import Call, audience_of, check_types, endpoint, require
from cxmc_ext.standin.api.paging import in_time_range, page, sort_rows
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Account, Audience, Json
from cxmc_ext.standin.problems import invalid, plan_refused
from cxmc_ext.standin.seed_data import default_merge_fields
from cxmc_ext.standin.service import lag

FREE_PLAN_LISTS = 1
REQUIRED_FIELDS = ("name", "contact", "permission_reminder", "campaign_defaults")
TYPES = {"name": str, "permission_reminder": str, "double_optin": bool}
REQUIRED_INSIDE = {
    "contact": ("company", "address1", "city", "country"),
    "campaign_defaults": ("from_name", "from_email", "subject", "language"),
}
PLAIN_FIELDS = (
    "name", "permission_reminder", "email_type_option", "double_optin", "marketing_permissions",
    "notify_on_subscribe", "notify_on_unsubscribe", "use_archive_bar",
)  # fmt: skip


@endpoint("GET", "/lists")
def list_lists(call: Call) -> Json:
    state, audiences = call.state, call.account.lists.values()
    delay = state.switches.audience_listing_lag
    rows = [row for row in audiences if lag.is_visible(state, row.date_created, delay)]
    rows = in_time_range(call.args, "date_created", rows, _created_at)
    rows = sort_rows(call.args, rows, {"date_created": _created_at})
    body = page(call.args, "lists", rows, lambda audience: _list_json(call, audience))
    return body | {"constraints": _constraints(call.account)}


@endpoint("POST", "/lists")
def create_list(call: Call) -> Json:
    if not _constraints(call.account)["may_create"]:
        raise plan_refused()
    require(call.body, *REQUIRED_FIELDS)
    check_types(call.body, TYPES)
    for field, names in REQUIRED_INSIDE.items():
        _require_inside(call.body, field, names)
    if not isinstance(call.body.get("email_type_option"), bool):
        raise invalid("email_type_option", "This value should be of type boolean.")
    audience = Audience(call.state.new_id(), call.state.new_number(), "", call.now)
    audience.merge_fields = default_merge_fields()
    for name in PLAIN_FIELDS:
        if name in call.body:
            setattr(audience, name, call.body[name])
    audience.contact |= call.body["contact"]
    audience.campaign_defaults |= call.body["campaign_defaults"]
    call.account.lists[audience.id] = audience
    return _list_json(call, audience)


@endpoint("GET", "/lists/<list_id>")
def get_list(call: Call, list_id: str) -> Json:
    return _list_json(call, audience_of(call, list_id))


@endpoint("DELETE", "/lists/<list_id>")
def delete_list(call: Call, list_id: str) -> None:
    del call.account.lists[audience_of(call, list_id).id]


def _constraints(account: Account) -> Json:
    limit = FREE_PLAN_LISTS if account.plan == "forever_free" else -1
    count = len(account.lists)
    return {
        "may_create": limit < 0 or count < limit,
        "max_instances": limit,
        "current_total_instances": count,
    }


def _list_json(call: Call, audience: Audience) -> Json:
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
        "subscribe_url_short": f"{call.base_url}/subscribe/{audience.id}",
        "subscribe_url_long": f"{call.base_url}/subscribe/{audience.id}",
        "beamer_address": f"{audience.id}@inbound.standin.example",
        "visibility": "prv",
        "double_optin": audience.double_optin,
        "has_welcome": False,
        "marketing_permissions": audience.marketing_permissions,
        "modules": [],
        "stats": _stats_json(call, audience),
        "_links": [],
    }


def _created_at(audience: Audience) -> int:
    return audience.date_created


def _require_inside(body: Json, field: str, names: tuple[str, ...]) -> None:
    """Raises a Problem unless the field is an object with these texts; only the subject may be empty."""
    value = body[field]
    if not isinstance(value, dict):
        raise invalid(field, "Schema describes object.")
    for name in names:
        if not isinstance(value.get(name), str) or (not value[name] and name != "subject"):
            raise invalid(f"{field}.{name}", "This value should not be blank.")


def _stats_json(call: Call, audience: Audience) -> Json:
    age = call.now - audience.counted_at
    if age >= call.state.switches.stats_lag or age < 0:
        audience.counts = dict(Counter(member.status for member in audience.members.values()))
        audience.counted_at = call.now
    counts = audience.counts
    campaigns = [row for row in call.account.campaigns.values() if row.list_id == audience.id]
    send_times = [campaign.send_time for campaign in campaigns if campaign.status == "sent"]
    return {
        "member_count": counts.get("subscribed", 0),
        "total_contacts": sum(counts.values()),
        "unsubscribe_count": counts.get("unsubscribed", 0),
        "cleaned_count": counts.get("cleaned", 0),
        "member_count_since_send": 0,
        "unsubscribe_count_since_send": 0,
        "cleaned_count_since_send": 0,
        "campaign_count": len(campaigns),
        "campaign_last_sent": iso(max(send_times, default=0)),
        "merge_field_count": len(audience.merge_fields),
        "avg_sub_rate": 0,
        "avg_unsub_rate": 0,
        "target_sub_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
        "last_sub_date": "",
        "last_unsub_date": "",
    }
