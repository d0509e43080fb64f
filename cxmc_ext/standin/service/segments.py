"""Static segments and their members. A static segment and a tag are the same thing.

https://mailchimp.com/developer/marketing/guides/organize-contacts-with-tags/
"""

from collections.abc import Iterable

from cxmc_ext.standin.models import Audience, Json, Member, Segment
from cxmc_ext.standin.problems import bad_request, invalid
from cxmc_ext.standin.service import membership
from cxmc_ext.standin.state import State

MAX_NAME = 100
NOT_A_MEMBER = "Email address is not a member of this list."
NOT_SUBSCRIBED = "Only subscribed contacts can be added."


def get_or_create(state: State, audience: Audience, name: str) -> Segment:
    return find_by_name(audience, name) or create(state, audience, name)


def find_by_name(audience: Audience, name: str) -> Segment | None:
    """The segment with this name, whatever the case."""
    key = name.strip().lower()
    matches = (segment for segment in audience.segments.values() if segment.name.lower() == key)
    return next(matches, None)


def create(state: State, audience: Audience, name: object, options: Json | None = None) -> Segment:
    """Creates a static segment, or a saved one if options are given.

    Raises:
        Problem: The name is not usable or already in use.
    """
    now = state.clock.now()
    kind = "saved" if options else "static"
    segment = Segment(state.new_number(), validated_name(audience, name), kind, now, now)
    segment.options = options or {}
    audience.segments[str(segment.id)] = segment
    return segment


def validated_name(audience: Audience, name: object) -> str:
    """The name without blanks around it.

    Raises:
        Problem: The name is not usable or already in use.
    """
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
    """Adds members by address.

    Returns:
        The members that are in the segment now, including those that were before, and the `errors` of
        the API for all other addresses.
    """
    added: list[Member] = []
    unknown: list[str] = []
    refused: list[str] = []
    now = state.clock.now()
    for address in addresses:
        member = membership.find_member(audience, address)
        if member is None or member.status == "archived":
            unknown.append(address)
        elif state.switches.segment_refuses_optouts and member.status != "subscribed":
            refused.append(address)
        else:
            membership.tag(audience, member, segment, now)
            added.append(member)
    segment.updated_at = now
    return added, _errors((unknown, NOT_A_MEMBER), (refused, NOT_SUBSCRIBED))


def remove_members(
    state: State, audience: Audience, segment: Segment, addresses: Iterable[str]
) -> tuple[list[Member], list[Json]]:
    """Removes members by address.

    Returns:
        The members that were in the segment, and the `errors` of the API for unknown addresses.
    """
    members = {address: membership.find_member(audience, address) for address in addresses}
    removed = [
        member
        for member in members.values()
        if member and membership.untag(member, segment, state.clock.now())
    ]
    unknown = [address for address, member in members.items() if member is None]
    segment.updated_at = state.clock.now()
    return removed, _errors((unknown, NOT_A_MEMBER))


def delete(state: State, audience: Audience, segment: Segment) -> None:
    """Deletes a segment; its members stay in the audience."""
    for member_id in list(segment.members):
        if member_id in audience.members:
            membership.untag(audience.members[member_id], segment, state.clock.now())
    del audience.segments[str(segment.id)]


def _errors(*groups: tuple[list[str], str]) -> list[Json]:
    return [
        {"email_addresses": addresses, "error": text} for addresses, text in groups if addresses
    ]
