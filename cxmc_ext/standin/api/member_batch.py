"""POST /lists/{id}: subscribe up to 500 members at once, with a verdict per row."""

from collections.abc import Iterator
from typing import Any

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint
from cxmc_ext.standin.api.member_json import shown
from cxmc_ext.standin.api.paging import bool_argument
from cxmc_ext.standin.models import Audience, Json, Member, subscriber_hash
from cxmc_ext.standin.problems import Problem, bad_request, invalid
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.service.membership import find_member
from cxmc_ext.standin.service.segments import get_or_create

MOST = 500


@endpoint("POST", "/lists/<list_id>")
def subscribe_batch(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    created: list[Member] = []
    updated: list[Member] = []
    errors: list[Json] = []
    for row in _rows(call):
        try:
            member, is_new = _one(call, audience, row)
            (created if is_new else updated).append(member)
        except Problem as problem:
            errors.append(_refusal(row, problem))
    return {
        "new_members": [_shown(call, audience, each) for each in created],
        "updated_members": [_shown(call, audience, each) for each in updated],
        "errors": errors,
        "total_created": len(created),
        "total_updated": len(updated),
        "error_count": len(errors),
        "_links": [],
    }


def _rows(call: Call) -> Iterator[Json]:
    rows = call.body.get("members")
    if not isinstance(rows, list):
        raise invalid("members", "Schema describes array.")
    if len(rows) > MOST:
        raise bad_request(f"You may only batch subscribe up to {MOST} members at a time.")
    if not all(isinstance(row, dict) for row in rows):
        raise invalid("members", "Schema describes array of objects.")
    addresses = [str(row.get("email_address", "")).strip().lower() for row in rows]
    if bool_argument(call.args, "skip_duplicate_check"):
        return iter(dict(zip(reversed(addresses), reversed(rows), strict=True)).values())
    if len(set(addresses)) < len(addresses):
        raise bad_request("Duplicate items found in the members array.")
    return iter(rows)


def _one(call: Call, audience: Audience, row: Json) -> tuple[Member, bool]:
    address = str(row.get("email_address", ""))
    member = find_member(audience, subscriber_hash(address))
    if member is None:
        return _new(call, audience, row, address), True
    _tag(call, audience, member, row)
    if not call.body.get("update_existing"):
        text = f"{address} is already a list member; update_existing:true would update it"
        raise bad_request(text, "Member Exists")
    return _known(call, audience, member, row), False


def _new(call: Call, audience: Audience, row: Json, address: str) -> Member:
    membership.check_address(audience, address)
    status = membership.check_status("status", row.get("status"))
    if not bool_argument(call.args, "skip_merge_validation"):
        membership.check_merge_fields(audience, row.get("merge_fields") or {})
    member = membership.add(call.state, audience, row, status)
    _tag(call, audience, member, row)
    return member


def _known(call: Call, audience: Audience, member: Member, row: Json) -> Member:
    """Writes the given status: this is how opt-outs get revived."""
    if row.get("status"):
        status = membership.check_status("status", row["status"])
        if member.status == "cleaned" and status == "subscribed":
            text = f'{member.email_address} cannot be subscribed, its status is "cleaned."'
            raise bad_request(text)
        membership.set_status_by_api(call.state, audience, member, status)
    membership.update(call.state, audience, member, row)
    return member


def _tag(call: Call, audience: Audience, member: Member, row: Json) -> None:
    """Existing members get the tags too (release note 2022-01-24)."""
    wanted: Any = row.get("tags") or []
    if call.body.get("sync_tags"):
        for tag in list(member.tags):
            membership.untag(member, audience.segments[tag])
    for name in wanted:
        membership.tag(audience, member, get_or_create(call.state, audience, str(name)), call.now)


def _refusal(row: Json, problem: Problem) -> Json:
    code = "ERROR_CONTACT_EXISTS" if problem.title == "Member Exists" else "ERROR_GENERIC"
    first = problem.errors[0] if problem.errors else {}
    return {
        "email_address": str(row.get("email_address", "")),
        "error": problem.detail,
        "error_code": code,
        "field": first.get("field", ""),
        "field_message": first.get("message", ""),
    }


def _shown(call: Call, audience: Audience, member: Member) -> Json:
    return shown(call, audience, member)
