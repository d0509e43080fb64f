"""Who a segment or a campaign addresses.

Segment options that MailChimp does not understand are no error: they address the WHOLE audience. See
https://github.com/mailchimp/mailchimp-client-lib-codegen/issues/125.
"""

from collections.abc import Callable, Iterable
from typing import Any

from cxmc_ext.standin.models import Audience, Campaign, Json, Member, Segment

_OPERATORS = ("static_is", "static_not")


def effective_target(audience: Audience, options: Any) -> Json:
    """What segment options really mean; {} is the whole audience.

    They take effect if `match` is given together with usable static conditions or a `saved_segment_id`,
    and ids are integers: https://github.com/drewm/mailchimp-api/issues/203

    Returns:
        `{"match": "any" or "all", "parts": [[operator, segment id], …]}`, or {}.
    """
    if not isinstance(options, dict) or options.get("match") not in ("any", "all"):
        return {}
    conditions = options.get("conditions")
    if not conditions:
        saved_id = options.get("saved_segment_id")
        is_known = _is_segment(audience, saved_id)
        return {"match": "any", "parts": [["static_is", saved_id]]} if is_known else {}
    if not isinstance(conditions, list) or not all(_is_usable(audience, it) for it in conditions):
        return {}
    parts = [[condition["op"], condition["value"]] for condition in conditions]
    return {"match": options["match"], "parts": parts}


def echoed_options(options: Any) -> Json:
    """The segment options that a campaign shows: what is well typed, whether or not it takes effect."""
    if not isinstance(options, dict):
        return {}
    checks: dict[str, Callable[[Any], bool]] = {
        "saved_segment_id": lambda value: type(value) is int,
        "match": lambda value: value in ("any", "all"),
        "conditions": lambda value: isinstance(value, list),
    }
    return {
        name: options[name]
        for name, is_well_typed in checks.items()
        if name in options and is_well_typed(options[name])
    }


def recipients_of(audience: Audience, campaign: Campaign) -> list[Member]:
    """The members who get the campaign, or would get it now."""
    if campaign.fixed_recipients:
        members = (audience.members.get(member_id) for member_id in campaign.fixed_recipients)
        return [member for member in members if member and member.status == "subscribed"]
    return subscribed_members(audience, campaign.target)


def subscribed_members(audience: Audience, target: Json) -> list[Member]:
    """The subscribed members of a target; a segment that was deleted addresses nobody."""
    members = matching_members(audience, target)
    return [member for member in members if member.status == "subscribed"]


def matching_members(audience: Audience, target: Json) -> Iterable[Member]:
    """The members of a target, whatever their status."""
    if not target:
        return audience.members.values()
    id_sets = [_member_ids(audience, operator, str(id_)) for operator, id_ in target["parts"]]
    combine = set.union if target["match"] == "any" else set.intersection
    member_ids: Iterable[str] = _in_order(audience, target, combine(*id_sets))
    return (audience.members[id_] for id_ in member_ids if id_ in audience.members)


def segment_members(audience: Audience, segment: Segment) -> list[Member]:
    """The members of a segment, whatever their status."""
    if segment.options:
        return list(matching_members(audience, effective_target(audience, segment.options)))
    return [audience.members[id_] for id_ in segment.members if id_ in audience.members]


def _in_order(audience: Audience, target: Json, member_ids: set[str]) -> Iterable[str]:
    """A single static segment keeps its own order; otherwise that of the audience."""
    operator, segment_id = target["parts"][0]
    if len(target["parts"]) == 1 and operator == "static_is":
        segment = audience.segments.get(str(segment_id))
        return segment.members if segment and not segment.options else member_ids
    return (id_ for id_ in audience.members if id_ in member_ids)


def _member_ids(audience: Audience, operator: str, segment_id: str) -> set[str]:
    segment = audience.segments.get(segment_id)
    inside = {member.id for member in segment_members(audience, segment)} if segment else set()
    if operator == "static_is" or not segment:
        return inside
    return set(audience.members) - inside


def _is_usable(audience: Audience, condition: Any) -> bool:
    return (
        isinstance(condition, dict)
        and condition.get("condition_type") == "StaticSegment"
        and condition.get("field") == "static_segment"
        and condition.get("op") in _OPERATORS
        and _is_segment(audience, condition.get("value"))
    )


def _is_segment(audience: Audience, segment_id: Any) -> bool:
    return type(segment_id) is int and str(segment_id) in audience.segments
