"""Segments and tags of an audience, and who is in them."""

from cxmc_ext.standin.api.endpoint import (
    Call,
    audience_of,
    endpoint,
    member_of,
    require,
    string_list,
)
from cxmc_ext.standin.api.member_json import shown as member_json
from cxmc_ext.standin.api.paging import bool_argument, in_time_range, page
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Audience, Json, Member, Segment
from cxmc_ext.standin.problems import bad_request, not_found
from cxmc_ext.standin.service import membership, segments, targeting

MOST = 500
BASE = "/lists/<list_id>/segments"
INCLUDED = {
    "include_cleaned": "cleaned",
    "include_transactional": "transactional",
    "include_unsubscribed": "unsubscribed",
}


@endpoint("GET", BASE)
def all_segments(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    kind = call.args.get("type")
    rows = [each for each in audience.segments.values() if kind in (None, "", each.type)]
    rows = in_time_range(call.args, "created_at", rows, lambda each: each.created_at)
    rows = in_time_range(call.args, "updated_at", rows, lambda each: each.updated_at)
    body = page(call.args, "segments", rows, lambda each: shown(call, audience, each))
    return body | {"list_id": list_id}


@endpoint("POST", BASE)
def create_segment(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    require(call.body, "name")
    addresses = string_list(call.body, "static_segment")
    options = call.body.get("options")
    segment = segments.create(call.state, audience, call.body["name"], options)
    segments.add_members(call.state, audience, segment, addresses)
    return shown(call, audience, segment)


@endpoint("GET", BASE + "/<segment_id>")
def one_segment(call: Call, list_id: str, segment_id: str) -> Json:
    audience = audience_of(call, list_id)
    return shown(call, audience, segment_of(audience, segment_id))


@endpoint("PATCH", BASE + "/<segment_id>")
def change_segment(call: Call, list_id: str, segment_id: str) -> Json:
    """static_segment replaces the members, [] empties."""
    audience = audience_of(call, list_id)
    segment = segment_of(audience, segment_id)
    name = call.body.get("name", segment.name)
    if name != segment.name:
        segment.name = segments.validated_name(audience, name)
    if call.body.get("static_segment") is not None:
        addresses = string_list(call.body, "static_segment")
        for member in targeting.segment_members(audience, segment):
            membership.untag(member, segment)
        segments.add_members(call.state, audience, segment, addresses)
    return shown(call, audience, segment)


@endpoint("DELETE", BASE + "/<segment_id>")
def delete_segment(call: Call, list_id: str, segment_id: str) -> None:
    audience = audience_of(call, list_id)
    segments.delete(audience, segment_of(audience, segment_id))


@endpoint("POST", BASE + "/<segment_id>")
def batch_segment(call: Call, list_id: str, segment_id: str) -> Json:
    audience = audience_of(call, list_id)
    segment = segment_of(audience, segment_id)
    into, out = (
        string_list(call.body, "members_to_add"),
        string_list(call.body, "members_to_remove"),
    )
    if max(len(into), len(out)) > MOST:
        raise bad_request(f"You may only add or remove up to {MOST} members at a time.")
    added, absent = segments.add_members(call.state, audience, segment, into)
    removed, unknown = segments.remove_members(call.state, audience, segment, out)
    errors = absent + unknown
    return {
        "members_added": [_member(call, audience, each) for each in added],
        "members_removed": [_member(call, audience, each) for each in removed],
        "errors": errors,
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": sum(len(each["email_addresses"]) for each in errors),
        "_links": [],
    }


@endpoint("GET", BASE + "/<segment_id>/members")
def segment_members(call: Call, list_id: str, segment_id: str) -> Json:
    """total_items counts the plain rows, also when include_* shows more (seen live 2026)."""
    audience = audience_of(call, list_id)
    segment = segment_of(audience, segment_id)
    everyone = targeting.segment_members(audience, segment)
    wanted = _wanted(call)
    rows = [each for each in everyone if each.status in wanted]
    plain = sum(each.status == "subscribed" for each in everyone)
    return page(call.args, "members", rows, lambda each: _member(call, audience, each), plain)


@endpoint("POST", BASE + "/<segment_id>/members")
def add_segment_member(call: Call, list_id: str, segment_id: str) -> Json:
    audience = audience_of(call, list_id)
    segment = segment_of(audience, segment_id)
    require(call.body, "email_address")
    member = member_of(audience, str(call.body["email_address"]))
    membership.tag(audience, member, segment, call.now)
    return _member(call, audience, member)


@endpoint("DELETE", BASE + "/<segment_id>/members/<reference>")
def remove_segment_member(call: Call, list_id: str, segment_id: str, reference: str) -> None:
    audience = audience_of(call, list_id)
    segment = segment_of(audience, segment_id)
    if not membership.untag(member_of(audience, reference), segment):
        raise not_found()


@endpoint("GET", "/lists/<list_id>/tag-search")
def search_tags(call: Call, list_id: str) -> Json:
    """By prefix, whatever the case; all of them without a name."""
    prefix = call.args.get("name", "").lower()
    tags = [
        {"id": each.id, "name": each.name}
        for each in audience_of(call, list_id).segments.values()
        if each.type == "static" and each.name.lower().startswith(prefix)
    ]
    return {"tags": tags, "total_items": len(tags), "_links": []}


def segment_of(audience: Audience, segment_id: str) -> Segment:
    segment = audience.segments.get(segment_id)
    if segment is None:
        raise not_found()
    return segment


def shown(call: Call, audience: Audience, segment: Segment) -> Json:
    wanted = _wanted(call)
    members = targeting.segment_members(audience, segment)
    return {
        "id": segment.id,
        "name": segment.name,
        "member_count": sum(each.status in wanted for each in members),
        "type": segment.type,
        "created_at": iso(segment.created_at),
        "updated_at": iso(segment.updated_at),
        "options": segment.options or _own_condition(segment),
        "list_id": audience.id,
        "_links": [],
    }


def _wanted(call: Call) -> set[str]:
    return {status for name, status in INCLUDED.items() if bool_argument(call.args, name)} | {
        "subscribed"
    }


def _own_condition(segment: Segment) -> Json:
    condition = {"condition_type": "StaticSegment", "field": "static_segment",
                 "op": "static_is", "value": segment.id}  # fmt: skip
    return {"match": "any", "conditions": [condition]}


def _member(call: Call, audience: Audience, member: Member) -> Json:
    body = member_json(call, audience, member)
    return {name: value for name, value in body.items() if name not in ("tags", "tags_count")}
