"""Single members: list, read, add or update, change, archive, delete permanently.

The product writes the status of archived members, and “pending” of people who are invited back. PUT and
PATCH accept any, as MailChimp does, so
that tests notice if it ever did.
"""

from cxmc_ext.standin.api.endpoint import Call, audience_of, endpoint, member_of, require
from cxmc_ext.standin.api.member_json import member_json
from cxmc_ext.standin.api.paging import (
    bool_argument,
    in_time_range,
    page,
    sort_rows,
    time_argument,
)
from cxmc_ext.standin.models import Audience, Json, Member
from cxmc_ext.standin.problems import bad_request, not_found
from cxmc_ext.standin.service import member_checks, membership, segments, signup
from cxmc_ext.standin.service.address_change import change_address
from cxmc_ext.standin.service.membership import find_member

MEMBERS = "/lists/<list_id>/members"
MEMBER = MEMBERS + "/<reference>"
TIME_COLUMNS = {
    "timestamp_opt": lambda member: member.timestamp_opt,
    "timestamp_signup": lambda member: member.timestamp_signup,
    "last_changed": lambda member: member.last_changed,
}


@endpoint("GET", MEMBERS)
def list_members(call: Call, list_id: str) -> Json:
    audience = audience_of(call, list_id)
    rows = _with_status(call, audience, call.args.get("status", ""))
    for name in ("last_changed", "timestamp_opt"):
        rows = in_time_range(call.args, name, rows, TIME_COLUMNS[name])
    rows = sort_rows(call.args, _unsubscribed_since(call, rows), TIME_COLUMNS)
    body = page(call.args, "members", rows, lambda member: member_json(call, audience, member))
    return body | {"list_id": list_id}


@endpoint("GET", MEMBER)
def get_member(call: Call, list_id: str, reference: str) -> Json:
    audience = audience_of(call, list_id)
    return member_json(call, audience, member_of(audience, reference))


@endpoint("PUT", MEMBER)
def upsert_member(call: Call, list_id: str, reference: str) -> Json:
    """Adds or updates. `status_if_new` only counts for new addresses; archived members stay archived.

    https://mailchimp.com/developer/marketing/api/list-members/add-or-update-list-member/
    """
    audience = audience_of(call, list_id)
    member = find_member(audience, reference)
    if member:
        return _change(call, audience, member, _requested_status(call, member))
    require(call.body, "email_address")
    status = call.body.get("status_if_new", call.body.get("status"))
    return _create(call, audience, member_checks.check_status("status_if_new", status))


@endpoint("PATCH", MEMBER)
def change_member(call: Call, list_id: str, reference: str) -> Json:
    audience = audience_of(call, list_id)
    member = member_of(audience, reference)
    if member.status == "archived":
        raise bad_request("This contact is archived. Use PUT to restore it.", "Invalid Resource")
    return _change(call, audience, member, str(call.body.get("status", "")))


@endpoint("DELETE", MEMBER)
def archive_member(call: Call, list_id: str, reference: str) -> None:
    audience = audience_of(call, list_id)
    member = member_of(audience, reference)
    if member.status == "archived":
        raise not_found()
    membership.set_status(call.state, audience, member, "archived", "api")


@endpoint("POST", MEMBER + "/actions/delete-permanent")
def delete_member_permanently(call: Call, list_id: str, reference: str) -> None:
    audience = audience_of(call, list_id)
    membership.delete_permanently(call.state, audience, member_of(audience, reference))


def _create(call: Call, audience: Audience, status: str) -> Json:
    member_checks.check_address(audience, str(call.body["email_address"]))
    if not bool_argument(call.args, "skip_merge_validation"):
        member_checks.check_required_fields(audience, call.body.get("merge_fields") or {})
    member_checks.check_merge_values(audience, call.body.get("merge_fields") or {})
    member = membership.add(call.state, audience, call.body, status)
    if status == "pending":
        signup.mail_confirmation(call.state, call.account, audience, member)
    for name in call.body.get("tags") or []:
        segment = segments.get_or_create(call.state, audience, str(name))
        membership.tag(audience, member, segment, call.now)
    return member_json(call, audience, member)


def _change(call: Call, audience: Audience, member: Member, status: str) -> Json:
    member_checks.check_merge_values(audience, call.body.get("merge_fields") or {})
    if status:
        member_checks.check_status("status", status)
        before = member.status
        membership.set_status_by_api(call.state, audience, member, status)
        if member.status == "pending" != before:
            signup.mail_confirmation(call.state, call.account, audience, member)
    if call.body.get("email_address"):
        address = str(call.body["email_address"])
        change_address(call.state, audience, member, address, "api")
    membership.update(call.state, audience, member, call.body)
    return member_json(call, audience, member)


def _requested_status(call: Call, member: Member) -> str:
    """The status that a PUT asks for; "" leaves it as it is."""
    restores = call.state.switches.put_restores_archived and member.status == "archived"
    default = call.body.get("status_if_new", "") if restores else ""
    return str(call.body.get("status", default))


def _with_status(call: Call, audience: Audience, status: str) -> list[Member]:
    """Archived members only if asked for. An unknown status is not an error but matches nobody."""
    members = audience.members.values()
    if not status:
        return [member for member in members if member.status != "archived"]
    state = call.state
    return [member for member in members if membership.visible_status(state, member) == status]


def _unsubscribed_since(call: Call, rows: list[Member]) -> list[Member]:
    since = time_argument(call.args, "unsubscribed_since")
    if since is None:
        return rows
    return [row for row in rows if row.status == "unsubscribed" and row.last_changed > since]
