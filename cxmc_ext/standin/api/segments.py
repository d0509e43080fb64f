"""Segments, which are also tags, and their members."""

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint, require, string_list
from cxmc_ext.standin.api.member_json import member_json
from cxmc_ext.standin.api.paging import bool_argument, in_time_range, page
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Audience, Json, Member, Segment
from cxmc_ext.standin.problems import bad_request, not_found
from cxmc_ext.standin.service import lag, membership, segments, targeting

MAX_BATCH = 500
SEGMENTS = "/lists/<list_id>/segments"
SEGMENT = SEGMENTS + "/<segment_id>"
# Arguments that show further members besides the subscribed ones.
INCLUDE_ARGUMENTS = {
    "include_cleaned": "cleaned",
    "include_transactional": "transactional",
    "include_unsubscribed": "unsubscribed",
}


@endpoint("GET", SEGMENTS)
def list_segments(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    type_ = call.args.get("type")
    delay = call.state.switches.segment_listing_lag
    rows = [
        row
        for row in audience.segments.values()
        if type_ in (None, "", row.type) and lag.is_visible(call.state, row.created_at, delay)
    ]
    rows = in_time_range(call.args, "created_at", rows, lambda segment: segment.created_at)
    rows = in_time_range(call.args, "updated_at", rows, lambda segment: segment.updated_at)
    body = page(call.args, "segments", rows, lambda segment: _segment_json(call, audience, segment))
    return body | {"list_id": list_id}


@endpoint("POST", SEGMENTS)
def create_segment(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    require(call.body, "name")
    addresses = string_list(call.body, "static_segment")
    options = call.body.get("options")
    segment = segments.create(call.state, audience, call.body["name"], options)
    segments.add_members(call.state, audience, segment, addresses)
    return _segment_json(call, audience, segment)


@endpoint("GET", SEGMENT)
def get_segment(call: Call, list_id: str, segment_id: str) -> Json:
    audience = audience_of(call, list_id)
    return _segment_json(call, audience, _segment_of(audience, segment_id))


@endpoint("PATCH", SEGMENT)
def change_segment(call: Call, list_id: str, segment_id: str) -> Json:
    """Renames; `static_segment` replaces the members, [] removes them all."""
    audience = audience_of(call, list_id)
    segment = _segment_of(audience, segment_id)
    name = call.body.get("name", segment.name)
    if name != segment.name:
        segment.name = segments.validated_name(audience, name)
    if call.body.get("static_segment") is not None:
        addresses = string_list(call.body, "static_segment")
        for member in targeting.segment_members(audience, segment):
            membership.untag(member, segment, call.now)
        segments.add_members(call.state, audience, segment, addresses)
    return _segment_json(call, audience, segment)


@endpoint("DELETE", SEGMENT)
def delete_segment(call: Call, list_id: str, segment_id: str) -> None:
    audience = audience_of(call, list_id)
    segments.delete(call.state, audience, _segment_of(audience, segment_id))


@endpoint("POST", SEGMENT)
def change_segment_members(call: Call, list_id: str, segment_id: str) -> Json:
    audience = audience_of(call, list_id)
    segment = _segment_of(audience, segment_id)
    to_add = string_list(call.body, "members_to_add")
    to_remove = string_list(call.body, "members_to_remove")
    if max(len(to_add), len(to_remove)) > MAX_BATCH:
        raise bad_request(f"You may only add or remove up to {MAX_BATCH} members at a time.")
    added, add_errors = segments.add_members(call.state, audience, segment, to_add)
    removed, remove_errors = segments.remove_members(call.state, audience, segment, to_remove)
    errors = add_errors + remove_errors
    return {
        "members_added": [_member_json(call, audience, member) for member in added],
        "members_removed": [_member_json(call, audience, member) for member in removed],
        "errors": errors,
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": sum(len(error["email_addresses"]) for error in errors),
        "_links": [],
    }


@endpoint("GET", SEGMENT + "/members")
def list_segment_members(call: Call, list_id: str, segment_id: str) -> Json:
    """`total_items` counts subscribed members, even if include_… shows others (observed 2026-07)."""
    audience = audience_of(call, list_id)
    segment = _segment_of(audience, segment_id)
    shown = lag.shown_audience(call.state, audience, call.state.switches.segment_lag)
    members = targeting.segment_members(shown, shown.segments[str(segment.id)])
    statuses = _shown_statuses(call)
    rows = [member for member in members if member.status in statuses]
    total = sum(member.status == "subscribed" for member in members)
    return page(
        call.args, "members", rows, lambda member: _member_json(call, audience, member), total
    )


def _segment_of(audience: Audience, segment_id: str) -> Segment:
    """The segment, or a 404 Problem."""
    segment = audience.segments.get(segment_id)
    if segment is None:
        raise not_found()
    return segment


def _segment_json(call: Call, audience: Audience, segment: Segment) -> Json:
    statuses = _shown_statuses(call)
    shown = lag.shown_audience(call.state, audience, call.state.switches.count_lag)
    members = targeting.segment_members(shown, shown.segments[str(segment.id)])
    return {
        "id": segment.id,
        "name": segment.name,
        "member_count": sum(member.status in statuses for member in members),
        "type": segment.type,
        "created_at": iso(segment.created_at),
        "updated_at": iso(segment.updated_at),
        "options": segment.options or _static_options(segment),
        "list_id": audience.id,
        "_links": [],
    }


def _shown_statuses(call: Call) -> set[str]:
    included = {
        status for name, status in INCLUDE_ARGUMENTS.items() if bool_argument(call.args, name)
    }
    return included | {"subscribed"}


def _static_options(segment: Segment) -> Json:
    condition = {"condition_type": "StaticSegment", "field": "static_segment",
                 "op": "static_is", "value": segment.id}  # fmt: skip
    return {"match": "any", "conditions": [condition]}


def _member_json(call: Call, audience: Audience, member: Member) -> Json:
    """Members of a segment are shown without their tags."""
    body = member_json(call, audience, member)
    return {name: value for name, value in body.items() if name not in ("tags", "tags_count")}
