"""POST /lists/{id}: subscribe up to 500 members at once, with a result per member."""

from typing import Any

from cxmc_ext.standin.api.endpoint import Call, audience_of, check_types, endpoint
from cxmc_ext.standin.api.member_json import member_json
from cxmc_ext.standin.api.paging import bool_argument
from cxmc_ext.standin.models import Audience, Json, Member
from cxmc_ext.standin.problems import Problem, bad_request, invalid
from cxmc_ext.standin.service import member_checks, membership, segments

MAX_MEMBERS = 500
TYPES = {"update_existing": bool, "sync_tags": bool}


@endpoint("POST", "/lists/<list_id>")
def subscribe_batch(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    check_types(call.body, TYPES)
    created: list[Member] = []
    updated: list[Member] = []
    errors: list[Json] = []
    for row in _rows(call):
        try:
            member, is_new = _subscribe(call, audience, row)
            (created if is_new else updated).append(member)
        except Problem as problem:
            errors.append(_error_json(row, problem))
    return {
        "new_members": [member_json(call, audience, member) for member in created],
        "updated_members": [member_json(call, audience, member) for member in updated],
        "errors": errors,
        "total_created": len(created),
        "total_updated": len(updated),
        "error_count": len(errors),
        "_links": [],
    }


def _rows(call: Call) -> list[Json]:
    """The members of the body, after the checks that refuse the whole batch."""
    rows = call.body.get("members")
    if not isinstance(rows, list):
        raise invalid("members", "Schema describes array.")
    if len(rows) > MAX_MEMBERS:
        raise bad_request(f"You may only batch subscribe up to {MAX_MEMBERS} members at a time.")
    if not all(isinstance(row, dict) for row in rows):
        raise invalid("members", "Schema describes array of objects.")
    addresses = [str(row.get("email_address", "")).strip().lower() for row in rows]
    if bool_argument(call.args, "skip_duplicate_check"):
        # The first of several rows with the same address wins.
        return list(dict(zip(reversed(addresses), reversed(rows), strict=True)).values())
    if len(set(addresses)) < len(addresses):
        raise bad_request("Duplicate items found in the members array.")
    return rows


def _subscribe(call: Call, audience: Audience, row: Json) -> tuple[Member, bool]:
    """The member, and whether it is new."""
    address = str(row.get("email_address", ""))
    member = membership.find_member(audience, address)
    if member is None:
        return _create(call, audience, row, address), True
    _apply_tags(call, audience, member, row)
    if not call.body.get("update_existing"):
        text = f"{address} is already a list member; update_existing:true would update it"
        raise bad_request(text, "Member Exists")
    _update(call, audience, member, row)
    return member, False


def _create(call: Call, audience: Audience, row: Json, address: str) -> Member:
    member_checks.check_address(audience, address)
    status = member_checks.check_status("status", row.get("status"))
    if not bool_argument(call.args, "skip_merge_validation"):
        member_checks.check_required_fields(audience, row.get("merge_fields") or {})
    member_checks.check_merge_values(audience, row.get("merge_fields") or {})
    member = membership.add(call.state, audience, row, status)
    _apply_tags(call, audience, member, row)
    return member


def _update(call: Call, audience: Audience, member: Member, row: Json) -> None:
    """Writes the status of the row too: with `update_existing`, a batch can revive opt-outs."""
    if row.get("status"):
        status = member_checks.check_status("status", row["status"])
        if member.status == "cleaned" and status == "subscribed":
            text = f'{member.email_address} cannot be subscribed, its status is "cleaned."'
            raise bad_request(text)
        membership.set_status_by_api(call.state, audience, member, status)
    membership.update(call.state, audience, member, row)


def _apply_tags(call: Call, audience: Audience, member: Member, row: Json) -> None:
    """Existing members get the tags too (MailChimp's release notes, 2022-01-24)."""
    names: Any = row.get("tags") or []
    if call.body.get("sync_tags"):
        for segment_id in list(member.tags):
            membership.untag(member, audience.segments[segment_id], call.now)
    for name in names:
        segment = segments.get_or_create(call.state, audience, str(name))
        membership.tag(audience, member, segment, call.now)


def _error_json(row: Json, problem: Problem) -> Json:
    code = "ERROR_CONTACT_EXISTS" if problem.title == "Member Exists" else "ERROR_GENERIC"
    field_error = problem.errors[0] if problem.errors else {}
    return {
        "email_address": str(row.get("email_address", "")),
        "error": problem.detail,
        "error_code": code,
        "field": field_error.get("field", ""),
        "field_message": field_error.get("message", ""),
    }
