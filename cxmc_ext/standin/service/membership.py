"""Who may become a member and what status he has: the rules behind all member endpoints and the site."""

import re
from hashlib import md5

from cxmc_ext.standin.models import (
    Audience,
    Campaign,
    Json,
    Member,
    Segment,
    subscriber_hash,
)
from cxmc_ext.standin.problems import Problem, bad_request, invalid
from cxmc_ext.standin.state import State

STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")


MAX_BYTES = 255


BUSY_PREFIX = "busy."


_ADDRESS = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@([a-z0-9-]+\.)+[a-z0-9-]{2,}", re.IGNORECASE)


_FAKE = re.compile(
    r"(.*\.)?(example\.(com|net|org)|test\.com|mailinator\.com)|.*\.(invalid|test|localhost)"
)


_HOOK_OF = {"subscribed": "subscribe", "unsubscribed": "unsubscribe", "cleaned": "cleaned"}


def check_address(audience: Audience, address: str) -> None:
    """Raise the Problem with which the real service refuses a new address."""
    if not _ADDRESS.fullmatch(address.strip()) or ".." in address:
        text = "Please provide a valid email address."
        raise invalid("email_address", text, text)
    if _FAKE.fullmatch(address.strip().rpartition("@")[2].lower()):
        raise bad_request(
            f"{address} looks fake or invalid, please enter a real email address.",
            "Invalid Resource",
        )
    if subscriber_hash(address) in audience.deleted_permanently:
        text = (
            f"{address} was permanently deleted and cannot be re-imported. The contact must "
            "re-subscribe to get back on the list."
        )
        raise bad_request(text, "Forgotten Email Not Subscribed")
    if address.lower().startswith(BUSY_PREFIX):
        text = (
            f"{address} has signed up to a lot of lists very recently; we're not allowing more "
            "signups for now"
        )
        raise bad_request(text, "Invalid Resource")


def check_status(name: str, status: object) -> str:
    if not isinstance(status, str) or status not in STATUSES:
        raise invalid(name, f"Data did not match any of: {', '.join(STATUSES)}")
    return status


def check_merge_fields(audience: Audience, values: Json) -> None:
    missing = [each for each in audience.merge_fields if each.required and not values.get(each.tag)]
    if missing:
        errors = [{"field": each.tag, "message": "Please enter a value"} for each in missing]
        raise Problem(400, "Invalid Resource", "Your merge fields were invalid.", errors)


def add(state: State, audience: Audience, row: Json, status: str, source: str = "api") -> Member:
    """A new member; call check_address first."""
    now = state.clock.now()
    address = row["email_address"].strip()
    member = Member(
        subscriber_hash(address),
        address,
        status,
        state.new_number(),
        {each.tag: each.default_value for each in audience.merge_fields},
        now,
        timestamp_opt=now,
    )
    audience.members[member.id] = member
    _write(audience, member, row)
    _announce(state, audience, member, source)
    return member


def update(state: State, audience: Audience, member: Member, row: Json) -> None:
    """Everything but the status."""
    before = (dict(member.merge_fields), member.vip, member.language)
    _write(audience, member, row)
    if before != (member.merge_fields, member.vip, member.language):
        member.last_changed = state.clock.now()
        _fire(state, audience, member, "profile", "api", {})


def set_status_by_api(state: State, audience: Audience, member: Member, status: str) -> None:
    """A status written through the API; who left by himself cannot be subscribed again that way."""
    if status == member.status:
        return
    upward = status in ("subscribed", "pending")
    if upward and (member.ended_by == "user" or member.status == "cleaned"):
        raise compliance_problem(member)
    if upward and member.status != "pending":
        state.resubscribed.append(member.email_address)
    set_status(state, audience, member, status, "api")


def compliance_problem(member: Member) -> Problem:
    text = (
        f"{member.email_address} is in a compliance state due to unsubscribe, bounce, or "
        "compliance review and cannot be subscribed."
    )
    return bad_request(text, "Member In Compliance State")


def set_status(
    state: State,
    audience: Audience,
    member: Member,
    status: str,
    by: str,
    campaign: Campaign | None = None,
    reason: str = "",
) -> None:
    """The only place where a status changes; `by` is user, admin or api, as in a hook's sources."""
    if member.status == status:
        return
    member.previous_status, member.status = member.status, status
    member.last_changed = state.clock.now()
    member.ended_by = by if status in ("unsubscribed", "cleaned") else ""
    member.unsubscribe_reason = reason if status == "unsubscribed" else ""
    if status == "subscribed":
        member.timestamp_opt = member.last_changed
    _announce(state, audience, member, by, campaign, reason)


def delete_permanently(state: State, audience: Audience, member: Member) -> None:
    for tag in list(member.tags):
        audience.segments[tag].members.pop(member.id, None)
    audience.deleted_permanently[member.id] = state.clock.now()
    del audience.members[member.id]


def tag(audience: Audience, member: Member, segment: Segment, now: int) -> None:
    segment.members[member.id] = now
    member.tags[str(segment.id)] = now


def untag(member: Member, segment: Segment) -> bool:
    member.tags.pop(str(segment.id), None)
    return segment.members.pop(member.id, None) is not None


def unique_id(member: Member) -> str:
    return md5(f"unique {member.id}".encode(), usedforsecurity=False).hexdigest()[:10]


def visible_status(state: State, member: Member) -> str:
    """With the switch member_lag a change of status is seen late."""
    fresh = state.clock.exact() - member.last_changed < state.switches.member_lag
    return member.previous_status if fresh and member.previous_status else member.status


def _write(audience: Audience, member: Member, row: Json) -> None:
    known = {each.tag for each in audience.merge_fields}
    for name, value in (row.get("merge_fields") or {}).items():
        if name in known:
            member.merge_fields[name] = _cut(value)
    member.vip = bool(row.get("vip", member.vip))
    member.language = str(row.get("language", member.language))
    member.email_type = str(row.get("email_type", member.email_type))


def _cut(value: object) -> object:
    """Text is cut at 255 bytes, without leaving half a character."""
    if isinstance(value, (dict, int, float)):
        return value
    text = "" if value is None else str(value)
    return text.encode()[:MAX_BYTES].decode(errors="ignore")


def _announce(
    state: State,
    audience: Audience,
    member: Member,
    source: str,
    campaign: Campaign | None = None,
    reason: str = "",
) -> None:
    kind = _HOOK_OF.get(member.status)
    if not kind:
        return
    extra: Json = {"campaign_id": campaign.id} if campaign else {}
    if kind == "unsubscribe":
        extra |= {"action": "unsub", "reason": "abuse" if reason == "abuse" else "manual"}
    if kind == "cleaned":
        extra |= {"reason": "abuse" if reason == "abuse" else "hard"}
    _fire(state, audience, member, kind, source, extra)


def _fire(
    state: State, audience: Audience, member: Member, kind: str, source: str, extra: Json
) -> None:
    if not audience.webhooks:
        return
    data: Json = {
        "id": unique_id(member),
        "list_id": audience.id,
        "email": member.email_address,
        "email_type": member.email_type,
        "ip_opt": "127.0.0.1",
        "web_id": member.web_id,
        "merges": {"EMAIL": member.email_address} | member.merge_fields,
    }
    now, retries = state.clock.now(), state.switches.webhook_retries
    state.webhooks.enqueue(audience, kind, source, data | extra, now, retries)


def find_member(audience: Audience, reference: str) -> Member | None:
    """By hash (any case) or by the address itself."""
    member_id = subscriber_hash(reference) if "@" in reference else reference.lower()
    return audience.members.get(member_id)
