"""Who may become a member of an audience, and how a member's status changes.

The rules behind all member endpoints and the website.
"""

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

# Statuses that the API accepts; it also reports “archived”.
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
MAX_TEXT_BYTES = 255
# New addresses that start like this are refused, as MailChimp refuses addresses that sign up often.
BUSY_PREFIX = "busy."
_ADDRESS = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@([a-z0-9-]+\.)+[a-z0-9-]{2,}", re.IGNORECASE)
# Domains that MailChimp calls fake (observed 2026-07). Names below .example are left to the demo.
_FAKE_DOMAIN = re.compile(
    r"(.*\.)?(example\.(com|net|org)|test\.com|mailinator\.com)|.*\.(invalid|test|localhost)"
)
_WEBHOOK_EVENTS = {
    "subscribed": "subscribe",
    "unsubscribed": "unsubscribe",
    "cleaned": "cleaned",
}


def find_member(audience: Audience, reference: str) -> Member | None:
    """The member with this hash (in any case) or this address."""
    member_id = subscriber_hash(reference) if "@" in reference else reference.lower()
    return audience.members.get(member_id)


def check_address(audience: Audience, address: str) -> None:
    """Check a new address.

    Raises:
        Problem: MailChimp would refuse the address.
    """
    if not _ADDRESS.fullmatch(address.strip()) or ".." in address:
        text = "Please provide a valid email address."
        raise invalid("email_address", text, text)
    if _FAKE_DOMAIN.fullmatch(address.strip().rpartition("@")[2].lower()):
        text = f"{address} looks fake or invalid, please enter a real email address."
        raise bad_request(text, "Invalid Resource")
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
    """The status, if it is one that the API accepts.

    Args:
        name: The field that the status came from, for the error.
        status: Any JSON value.

    Raises:
        Problem: It is not a status.
    """
    if not isinstance(status, str) or status not in STATUSES:
        raise invalid(name, f"Data did not match any of: {', '.join(STATUSES)}")
    return status


def check_merge_fields(audience: Audience, values: Json) -> None:
    """Raise a Problem if a required merge field is empty."""
    missing = [
        field for field in audience.merge_fields if field.required and not values.get(field.tag)
    ]
    if missing:
        errors = [{"field": field.tag, "message": "Please enter a value"} for field in missing]
        raise Problem(400, "Invalid Resource", "Your merge fields were invalid.", errors)


def add(state: State, audience: Audience, row: Json, status: str, source: str = "api") -> Member:
    """Add a member whose address was checked with `check_address`.

    Args:
        state: The stand-in's state.
        audience: The audience to add to.
        row: The fields of the API: `email_address` and optionally `merge_fields`, `vip`, `language`.
        status: The new member's status.
        source: Who did it: user, admin or api.
    """
    now = state.clock.now()
    address = row["email_address"].strip()
    member = Member(
        subscriber_hash(address),
        address,
        status,
        state.new_number(),
        {field.tag: field.default_value for field in audience.merge_fields},
        now,
        timestamp_opt=now,
    )
    audience.members[member.id] = member
    _write_fields(audience, member, row)
    _announce_status(state, audience, member, source)
    return member


def update(
    state: State, audience: Audience, member: Member, row: Json, source: str = "api"
) -> None:
    """Change everything but the status. Every edit moves `last_changed`, whatever the status."""
    before = (dict(member.merge_fields), member.vip, member.language)
    _write_fields(audience, member, row)
    member.last_changed = state.clock.now()
    if before != (member.merge_fields, member.vip, member.language):
        _enqueue_webhooks(state, audience, member, "profile", source, {})


def set_status_by_api(state: State, audience: Audience, member: Member, status: str) -> None:
    """Change the status as an API client asks.

    Raises:
        Problem: The person unsubscribed, or the address is cleaned. Only the person can undo that, so it
            is a “Member In Compliance State”.
    """
    if status == member.status:
        return
    resubscribes = status in ("subscribed", "pending")
    if resubscribes and (member.ended_by == "user" or member.status == "cleaned"):
        raise _compliance_problem(member)
    if resubscribes and member.status != "pending":
        state.resubscribed.append(member.email_address)
    set_status(state, audience, member, status, "api")


def set_status(
    state: State,
    audience: Audience,
    member: Member,
    status: str,
    by: str,
    campaign: Campaign | None = None,
    reason: str = "",
    moment: int = 0,
) -> None:
    """Change the status. No other function does.

    Args:
        state: The stand-in's state.
        audience: The member's audience.
        member: The member.
        status: The new status.
        by: Who did it: user, admin or api, as in the sources of a webhook.
        campaign: The campaign from which the person unsubscribed or bounced.
        reason: Why the person unsubscribed; "abuse" for a spam complaint.
        moment: When it happened; 0 means now. `last_changed` never goes back.
    """
    if member.status == status:
        return
    member.previous_status, member.status = member.status, status
    member.last_changed = max(member.last_changed, moment or state.clock.now())
    member.ended_by = by if status in ("unsubscribed", "cleaned") else ""
    member.unsubscribe_reason = reason if status == "unsubscribed" else ""
    if status == "subscribed":
        member.timestamp_opt = member.last_changed
    _announce_status(state, audience, member, by, campaign, reason)


def delete_permanently(state: State, audience: Audience, member: Member) -> None:
    """Forget a member. The address cannot be added again by the API."""
    for segment_id in list(member.tags):
        audience.segments[segment_id].members.pop(member.id, None)
    audience.deleted_permanently[member.id] = state.clock.now()
    del audience.members[member.id]


def tag(audience: Audience, member: Member, segment: Segment, now: int) -> None:
    segment.members[member.id] = now
    member.tags[str(segment.id)] = now


def untag(member: Member, segment: Segment) -> bool:
    """Whether the member had the tag."""
    member.tags.pop(str(segment.id), None)
    return segment.members.pop(member.id, None) is not None


def unique_id(member: Member) -> str:
    return md5(f"unique {member.id}".encode(), usedforsecurity=False).hexdigest()[:10]


def visible_status(state: State, member: Member) -> str:
    """The status that the API shows; with the switch `member_lag` a change is visible later."""
    is_recent = state.clock.exact() - member.last_changed < state.switches.member_lag
    return member.previous_status if is_recent and member.previous_status else member.status


def _compliance_problem(member: Member) -> Problem:
    text = (
        f"{member.email_address} is in a compliance state due to unsubscribe, bounce, or "
        "compliance review and cannot be subscribed."
    )
    return bad_request(text, "Member In Compliance State")


def _write_fields(audience: Audience, member: Member, row: Json) -> None:
    known_tags = {field.tag for field in audience.merge_fields}
    for name, value in (row.get("merge_fields") or {}).items():
        if name in known_tags:
            member.merge_fields[name] = _truncate(value)
    member.vip = bool(row.get("vip", member.vip))
    member.language = str(row.get("language", member.language))
    member.email_type = str(row.get("email_type", member.email_type))


def _truncate(value: object) -> object:
    """Text is cut at 255 bytes, never in the middle of a character.

    https://mailchimp.com/developer/marketing/docs/merge-fields/
    """
    if isinstance(value, (dict, int, float)):
        return value
    text = "" if value is None else str(value)
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def _announce_status(
    state: State,
    audience: Audience,
    member: Member,
    source: str,
    campaign: Campaign | None = None,
    reason: str = "",
) -> None:
    event = _WEBHOOK_EVENTS.get(member.status)
    if not event:
        return
    extra: Json = {"campaign_id": campaign.id} if campaign else {}
    if event == "unsubscribe":
        extra |= {"action": "unsub", "reason": "abuse" if reason == "abuse" else "manual"}
    if event == "cleaned":
        extra |= {"reason": "abuse" if reason == "abuse" else "hard"}
    _enqueue_webhooks(state, audience, member, event, source, extra)


def _enqueue_webhooks(
    state: State, audience: Audience, member: Member, event: str, source: str, extra: Json
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
    state.webhooks.enqueue(audience, event, source, data | extra, now, retries)
