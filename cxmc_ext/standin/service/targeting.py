"""Who a segment or a campaign means. Options that do not take effect mean EVERYBODY, without an error."""

from collections.abc import Callable, Iterable
from typing import Any

from cxmc_ext.standin.models import Audience, Campaign, Json, Member, Segment

_OPERATORS = ("static_is", "static_not")


def effective_target(audience: Audience, options: Any) -> Json:
    """The effective target of segment options, {} when they have no effect.

    They have effect with `match` and either usable static conditions or a saved_segment_id; ids
    must be integers. Cited: drewm/mailchimp-api #203, mailchimp-client-lib-codegen #125.
    """
    if not isinstance(options, dict) or options.get("match") not in ("any", "all"):
        return {}
    conditions = options.get("conditions")
    if not conditions:
        saved = options.get("saved_segment_id")
        return {"match": "any", "parts": [["static_is", saved]]} if _known(audience, saved) else {}
    if not isinstance(conditions, list) or not all(_usable(audience, each) for each in conditions):
        return {}
    parts = [[each["op"], each["value"]] for each in conditions]
    return {"match": options["match"], "parts": parts}


def echoed_options(options: Any) -> Json:
    """What a campaign echoes of its options: the well-typed part, whether or not it has effect."""
    if not isinstance(options, dict):
        return {}
    checks: dict[str, Callable[[Any], bool]] = {
        "saved_segment_id": lambda value: type(value) is int,
        "match": lambda value: value in ("any", "all"),
        "conditions": lambda value: isinstance(value, list),
    }
    return {
        name: options[name]
        for name, fits in checks.items()
        if name in options and fits(options[name])
    }


def subscribed_members(audience: Audience, target: Json) -> list[Member]:
    """Subscribed members only; a segment deleted since then means nobody."""
    return [each for each in matching_members(audience, target) if each.status == "subscribed"]


def matching_members(audience: Audience, target: Json) -> Iterable[Member]:
    if not target:
        return audience.members.values()
    sets = [_ids(audience, op, str(segment)) for op, segment in target["parts"]]
    join = set.union if target["match"] == "any" else set.intersection
    wanted = join(*sets)
    if len(sets) == 1 and target["parts"][0][0] == "static_is":
        segment = audience.segments.get(str(target["parts"][0][1]))
        ordered: Iterable[str] = segment.members if segment and not segment.options else wanted
    else:
        ordered = (each for each in audience.members if each in wanted)
    return (audience.members[each] for each in ordered if each in audience.members)


def recipients_of(audience: Audience, campaign: Campaign) -> list[Member]:
    if campaign.fixed_recipients:
        members = (audience.members.get(each) for each in campaign.fixed_recipients)
        return [each for each in members if each and each.status == "subscribed"]
    return subscribed_members(audience, campaign.target)


def segment_members(audience: Audience, segment: Segment) -> list[Member]:
    """Every status; a saved segment is worked out from its conditions."""
    if segment.options:
        return list(matching_members(audience, effective_target(audience, segment.options)))
    return [audience.members[each] for each in segment.members if each in audience.members]


def _ids(audience: Audience, operator: str, segment_id: str) -> set[str]:
    segment = audience.segments.get(segment_id)
    inside = {each.id for each in segment_members(audience, segment)} if segment else set()
    if operator == "static_is" or not segment:
        return inside
    return set(audience.members) - inside


def _usable(audience: Audience, condition: Any) -> bool:
    return (
        isinstance(condition, dict)
        and condition.get("condition_type") == "StaticSegment"
        and condition.get("field") == "static_segment"
        and condition.get("op") in _OPERATORS
        and _known(audience, condition.get("value"))
    )


def _known(audience: Audience, segment_id: Any) -> bool:
    return type(segment_id) is int and str(segment_id) in audience.segments
