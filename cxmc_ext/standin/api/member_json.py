"""A member as the API shows it."""

from hashlib import md5

from cxmc_ext.standin.api.endpoint import Call, link
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Audience, Json, Member
from cxmc_ext.standin.service import membership

# A member shows only its first tags; `tags_count` says how many there are.
MAX_TAGS = 50
_NO_LOCATION = {
    "latitude": 0, "longitude": 0, "gmtoff": 0, "dstoff": 0, "country_code": "", "timezone": "",
    "region": "",
}  # fmt: skip


def member_json(call: Call, audience: Audience, member: Member) -> Json:
    names = (member.merge_fields.get("FNAME", ""), member.merge_fields.get("LNAME", ""))
    reason = member.unsubscribe_reason
    href = f"{call.base_url}/3.0/lists/{audience.id}/members/{member.id}"
    return {
        "id": member.id,
        "email_address": member.email_address,
        "unique_email_id": membership.unique_id(member),
        "contact_id": md5(f"contact {member.id}".encode(), usedforsecurity=False).hexdigest(),
        "full_name": " ".join(str(name) for name in names if name),
        "web_id": member.web_id,
        "email_type": member.email_type,
        "status": membership.visible_status(call.state, member),
        **({"unsubscribe_reason": reason} if reason else {}),
        "consents_to_one_to_one_messaging": True,
        "merge_fields": dict(member.merge_fields),
        "stats": {"avg_open_rate": 0, "avg_click_rate": 0},
        "ip_signup": "",
        "timestamp_signup": iso(member.timestamp_signup),
        "ip_opt": "127.0.0.1",
        "timestamp_opt": iso(member.timestamp_opt),
        "member_rating": 2,
        "last_changed": iso(member.last_changed),
        "language": member.language,
        "vip": member.vip,
        "email_client": "",
        "location": _NO_LOCATION,
        "source": member.source,
        "tags_count": len(member.tags),
        "tags": _tags_json(audience, member),
        "list_id": audience.id,
        "_links": link("self", href),
    }


def _tags_json(audience: Audience, member: Member) -> list[Json]:
    segments = (audience.segments[segment_id] for segment_id in list(member.tags)[:MAX_TAGS])
    return [{"id": segment.id, "name": segment.name} for segment in segments]
