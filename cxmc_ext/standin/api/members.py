"""Members one by one: page, read, add, upsert, change, archive, erase, tags."""

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint, member_of, require
from cxmc_ext.standin.api.member_json import shown
from cxmc_ext.standin.api.paging import bool_argument, in_time_range, page, sort_rows, time_argument
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Audience, Json, Member, subscriber_hash
from cxmc_ext.standin.problems import bad_request, invalid, not_found
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.service.membership import find_member
from cxmc_ext.standin.service.segments import get_or_create

SORTS = {
    "timestamp_opt": lambda each: each.timestamp_opt,
    "timestamp_signup": lambda each: each.timestamp_signup,
    "last_changed": lambda each: each.last_changed,
}


@endpoint("GET", "/lists/<list_id>/members")
def all_members(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    rows = _with_status(call, audience, call.args.get("status", ""))
    rows = in_time_range(call.args, "last_changed", rows, SORTS["last_changed"])
    rows = in_time_range(call.args, "timestamp_opt", rows, SORTS["timestamp_opt"])
    rows = sort_rows(call.args, _gone_since(call, rows), SORTS)
    body = page(call.args, "members", rows, lambda each: shown(call, audience, each))
    return body | {"list_id": list_id}


@endpoint("POST", "/lists/<list_id>/members")
def create_member(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    require(call.body, "email_address", "status")
    address = str(call.body["email_address"])
    if find_member(audience, subscriber_hash(address)):
        text = f"{address} is already a list member. Use PUT to insert or update list members."
        raise bad_request(text, "Member Exists")
    return _create(call, audience, membership.check_status("status", call.body["status"]))


@endpoint("GET", "/lists/<list_id>/members/<reference>")
def one_member(call: Call, list_id: str, reference: str) -> Json:
    audience = audience_of(call, list_id)
    return shown(call, audience, member_of(audience, reference))


@endpoint("PUT", "/lists/<list_id>/members/<reference>")
def upsert_member(call: Call, list_id: str, reference: str) -> Json:
    """status_if_new counts for new addresses only; an archived one keeps its status too."""
    audience = audience_of(call, list_id)
    member = find_member(audience, reference)
    if member:
        return _change(call, audience, member, _wanted_status(call, member))
    require(call.body, "email_address")
    status = call.body.get("status_if_new", call.body.get("status"))
    return _create(call, audience, membership.check_status("status_if_new", status))


@endpoint("PATCH", "/lists/<list_id>/members/<reference>")
def change_member(call: Call, list_id: str, reference: str) -> Json:
    audience = audience_of(call, list_id)
    member = member_of(audience, reference)
    if member.status == "archived":
        raise bad_request("This contact is archived. Use PUT to restore it.", "Invalid Resource")
    return _change(call, audience, member, str(call.body.get("status", "")))


@endpoint("DELETE", "/lists/<list_id>/members/<reference>")
def archive_member(call: Call, list_id: str, reference: str) -> None:
    audience = audience_of(call, list_id)
    member = member_of(audience, reference)
    if member.status == "archived":
        raise not_found()
    membership.set_status(call.state, audience, member, "archived", "api")


@endpoint("POST", "/lists/<list_id>/members/<reference>/actions/delete-permanent")
def erase_member(call: Call, list_id: str, reference: str) -> None:
    audience = audience_of(call, list_id)
    membership.delete_permanently(call.state, audience, member_of(audience, reference))


@endpoint("GET", "/lists/<list_id>/members/<reference>/tags")
def member_tags(call: Call, list_id: str, reference: str) -> Json:
    audience = audience_of(call, list_id)
    rows = list(member_of(audience, reference).tags.items())
    return page(call.args, "tags", rows, lambda row: _tag_json(audience, *row))


@endpoint("POST", "/lists/<list_id>/members/<reference>/tags")
def change_tags(call: Call, list_id: str, reference: str) -> None:
    audience = audience_of(call, list_id)
    member = member_of(audience, reference)
    for each in call.body.get("tags") or []:
        if not isinstance(each, dict) or each.get("status") not in ("active", "inactive"):
            raise invalid("tags", "Each tag needs a name and the status active or inactive.")
        segment = get_or_create(call.state, audience, str(each.get("name", "")))
        if each["status"] == "active":
            membership.tag(audience, member, segment, call.now)
        else:
            membership.untag(member, segment)


def _create(call: Call, audience: Audience, status: str) -> Json:
    membership.check_address(audience, str(call.body["email_address"]))
    if not bool_argument(call.args, "skip_merge_validation"):
        membership.check_merge_fields(audience, call.body.get("merge_fields") or {})
    member = membership.add(call.state, audience, call.body, status)
    for name in call.body.get("tags") or []:
        segment = get_or_create(call.state, audience, str(name))
        membership.tag(audience, member, segment, call.now)
    return shown(call, audience, member)


def _change(call: Call, audience: Audience, member: Member, status: str) -> Json:
    if status:
        membership.check_status("status", status)
        membership.set_status_by_api(call.state, audience, member, status)
    membership.update(call.state, audience, member, call.body)
    return shown(call, audience, member)


def _wanted_status(call: Call, member: Member) -> str:
    restores = call.state.switches.put_restores_archived and member.status == "archived"
    default = call.body.get("status_if_new", "") if restores else ""
    return str(call.body.get("status", default))


def _with_status(call: Call, audience: Audience, status: str) -> list[Member]:
    """Archived ones only when asked for; an unknown status is no error and matches nobody."""
    state, everyone = call.state, audience.members.values()
    if status:
        return [each for each in everyone if membership.visible_status(state, each) == status]
    return [each for each in everyone if each.status != "archived"]


def _gone_since(call: Call, rows: list[Member]) -> list[Member]:
    since = time_argument(call.args, "unsubscribed_since")
    if since is None:
        return rows
    return [each for each in rows if each.status == "unsubscribed" and each.last_changed > since]


def _tag_json(audience: Audience, tag: str, added: int) -> Json:
    segment = audience.segments[tag]
    return {"id": segment.id, "name": segment.name, "date_added": iso(added)}
