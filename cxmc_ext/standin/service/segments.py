"""Making and changing static segments, which are the same thing as tags."""

from collections.abc import Iterable

from cxmc_ext.standin.models import Audience, Json, Member, Segment
from cxmc_ext.standin.problems import bad_request, invalid
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.service.membership import find_member
from cxmc_ext.standin.state import State

MAX_NAME = 100
NOT_A_MEMBER = "Email address is not a member of this list."
NOT_SUBSCRIBED = "Only subscribed contacts can be added."


def get_or_create(state: State, audience: Audience, name: str) -> Segment:
    """The static segment of that name, made when there is none."""
    found = find_by_name(audience, name)
    return found or create(state, audience, name)


def find_by_name(audience: Audience, name: str) -> Segment | None:
    wanted = name.strip().lower()
    return next((e for e in audience.segments.values() if e.name.lower() == wanted), None)


def create(state: State, audience: Audience, name: object, options: Json | None = None) -> Segment:
    now = state.clock.now()
    kind = "saved" if options else "static"
    segment = Segment(state.new_number(), validated_name(audience, name), kind, now, now)
    segment.options = options or {}
    audience.segments[str(segment.id)] = segment
    return segment


def validated_name(audience: Audience, name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise invalid("name", "This value should not be blank.")
    if len(name) > MAX_NAME:
        raise invalid("name", f"Segment names have at most {MAX_NAME} characters.")
    if find_by_name(audience, name):
        raise bad_request("Sorry, that tag already exists.")
    return name.strip()


def add_members(
    state: State, audience: Audience, segment: Segment, addresses: Iterable[str]
) -> tuple[list[Member], list[Json]]:
    """Who was added, and the API's `errors` for the rest; adding again counts as added."""
    added: list[Member] = []
    absent: list[str] = []
    refused: list[str] = []
    now = state.clock.now()
    for address in addresses:
        member = find_member(audience, address)
        if member is None or member.status == "archived":
            absent.append(address)
        elif state.switches.segment_refuses_optouts and member.status != "subscribed":
            refused.append(address)
        else:
            membership.tag(audience, member, segment, now)
            added.append(member)
    segment.updated_at = now
    return added, _errors((absent, NOT_A_MEMBER), (refused, NOT_SUBSCRIBED))


def remove_members(
    state: State, audience: Audience, segment: Segment, addresses: Iterable[str]
) -> tuple[list[Member], list[Json]]:
    members = [(each, find_member(audience, each)) for each in addresses]
    removed = [member for _, member in members if member and membership.untag(member, segment)]
    segment.updated_at = state.clock.now()
    return removed, _errors(([address for address, member in members if not member], NOT_A_MEMBER))


def delete(audience: Audience, segment: Segment) -> None:
    """Members stay."""
    for member_id in list(segment.members):
        if member_id in audience.members:
            membership.untag(audience.members[member_id], segment)
    del audience.segments[str(segment.id)]


def _errors(*groups: tuple[list[str], str]) -> list[Json]:
    return [{"email_addresses": each, "error": text} for each, text in groups if each]
