"""Who may become a member of an audience, and how a member's status changes.

The rules behind all member endpoints and the website.
"""

from hashlib import md5

from cxmc_ext.standin.models import (
    Audience,
    Campaign,
    Json,
    Member,
    Segment,
    subscriber_hash,
)
from cxmc_ext.standin.problems import Problem, bad_request
from cxmc_ext.standin.state import State

MAX_TEXT_BYTES = 255
_WEBHOOK_EVENTS = {
    "subscribed": "subscribe",
    "unsubscribed": "unsubscribe",
    "cleaned": "cleaned",
}


def find_member(audience: Audience, reference: str) -> Member | None:
    """The member with this hash (in any case) or this address, which must be the present one."""
    is_address = "@" in reference
    key = subscriber_hash(reference) if is_address else reference.lower()
    member = audience.members.get(audience.ids_by_hash.get(key, key))
    if member and is_address and subscriber_hash(member.email_address) != key:
        return None
    return member


def current_member(audience: Audience, member_id: str) -> Member | None:
    """The member who had this id when a campaign was sent."""
    while member_id not in audience.members and member_id in audience.moved:
        member_id = audience.moved[member_id]
    return audience.members.get(member_id)


def add(state: State, audience: Audience, row: Json, status: str, source: str = "api") -> Member:
    """Adds a member whose address was checked with `check_address`.

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
        _new_member_id(audience, address),
        address,
        status,
        state.new_number(),
        dict.fromkeys((field.tag for field in audience.merge_fields), ""),
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
    """Changes everything but the status. Every edit moves `last_changed`, whatever the status."""
    before = (dict(member.merge_fields), member.vip, member.language)
    _write_fields(audience, member, row)
    member.last_changed = state.clock.now()
    if before != (member.merge_fields, member.vip, member.language):
        _enqueue_webhooks(state, audience, member, "profile", source, {})


def set_status_by_api(state: State, audience: Audience, member: Member, status: str) -> None:
    """Changes the status as an API client asks.

    Raises:
        Problem: The person unsubscribed, or the address is cleaned. Only the person can undo that, so it
            is a “Member In Compliance State”. The switch `resubscribe` says whether they may be asked.
    """
    if status == member.status:
        return
    resubscribes = status in ("subscribed", "pending")
    if resubscribes and _is_refused(state, member):
        raise _compliance_problem(member)
    is_ignored = state.switches.resubscribe == "ignored" and member.status == "unsubscribed"
    if resubscribes and is_ignored:
        return
    if status == "subscribed" and not _was_still_subscribed(member):
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
    """Changes the status. No other function does.

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
    keeps_history = status == "archived" and not state.switches.archive_hides_unsubscribe
    if not keeps_history:
        member.ended_by = by if status in ("unsubscribed", "cleaned") else ""
    member.unsubscribe_reason = reason if status == "unsubscribed" else ""
    if status == "subscribed":
        member.timestamp_opt = member.last_changed
    _announce_status(state, audience, member, by, campaign, reason)


def delete_permanently(state: State, audience: Audience, member: Member) -> None:
    """Forgets a member. The address cannot be added again by the API."""
    for segment_id in list(member.tags):
        audience.segments[segment_id].members.pop(member.id, None)
    audience.deleted_permanently[subscriber_hash(member.email_address)] = state.clock.now()
    del audience.members[member.id]


def tag(audience: Audience, member: Member, segment: Segment, now: int) -> None:
    segment.members.setdefault(member.id, now)
    segment.removed.pop(member.id, None)
    member.tags[str(segment.id)] = now


def untag(member: Member, segment: Segment, now: int) -> bool:
    """Whether the member had the tag."""
    member.tags.pop(str(segment.id), None)
    had_tag = segment.members.pop(member.id, None) is not None
    if had_tag:
        segment.removed[member.id] = now
    return had_tag


def unique_id(member: Member) -> str:
    return md5(f"unique {member.id}".encode(), usedforsecurity=False).hexdigest()[:10]


def visible_status(state: State, member: Member) -> str:
    """The status that the API shows; with the switch `member_lag` a change is visible later."""
    is_recent = state.clock.exact() - member.last_changed < state.switches.member_lag
    return member.previous_status if is_recent and member.previous_status else member.status


def _new_member_id(audience: Audience, address: str) -> str:
    """The hash of the address, unless a member who had the address before has kept it as id."""
    key = subscriber_hash(address)
    if key in audience.members:
        audience.ids_by_hash[key] = subscriber_hash(f"again {address}")
    return audience.ids_by_hash.get(key, key)


def _is_refused(state: State, member: Member) -> bool:
    """Whether the API may not subscribe the member. Archiving hides whether the person unsubscribed."""
    if member.status == "cleaned":
        return True
    choice = state.switches.resubscribe
    by_person = choice == "by_origin" and member.ended_by == "user"
    return by_person or (choice == "refused" and member.status == "unsubscribed")


def _was_still_subscribed(member: Member) -> bool:
    """Whether subscribing the member undoes nobody's wish: they are asked, or were only archived."""
    is_only_archived = member.status == "archived" and member.previous_status == "subscribed"
    return is_only_archived or member.status == "pending"


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
