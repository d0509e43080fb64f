"""A member's address changes: on the profile form, by an administrator or by the API."""

from typing import TypeVar

from cxmc_ext.standin.models import Audience, Json, Member, subscriber_hash
from cxmc_ext.standin.problems import bad_request
from cxmc_ext.standin.service import member_checks, membership
from cxmc_ext.standin.state import State

Row = TypeVar("Row")


def change_address(state: State, audience: Audience, member: Member, address: str, by: str) -> None:
    """Gives a member another address, and another id unless the switch `address_change_keeps_id` is on.

    Args:
        state: The stand-in's state.
        audience: The member's audience.
        member: The member.
        address: The new address.
        by: Who did it: user, admin or api, as in the sources of a webhook.

    Raises:
        Problem: The address is refused, or belongs to another member.
    """
    key = subscriber_hash(address)
    other = membership.find_member(audience, address)
    if other is member:
        member.email_address = address.strip()
        return
    if other:
        raise bad_request(f"{address} is already a list member.", "Member Exists")
    member_checks.check_address(audience, address)
    old_address = member.email_address
    member.email_address, member.last_changed = address.strip(), state.clock.now()
    if state.switches.address_change_keeps_id:
        audience.ids_by_hash[key] = member.id
    else:
        _change_id(audience, member, key)
    data: Json = {
        "new_id": membership.unique_id(member),
        "new_email": member.email_address,
        "old_email": old_address,
        "list_id": audience.id,
    }
    now, retries = state.clock.now(), state.switches.webhook_retries
    state.webhooks.enqueue(audience, "upemail", by, data, now, retries)


def _change_id(audience: Audience, member: Member, new_id: str) -> None:
    old_id = member.id
    audience.moved[old_id] = new_id
    audience.moved.pop(new_id, None)
    audience.members = _renamed(audience.members, old_id, new_id)
    for segment_id in member.tags:
        segment = audience.segments[segment_id]
        segment.members = _renamed(segment.members, old_id, new_id)
    member.id = new_id


def _renamed(rows: dict[str, Row], old_id: str, new_id: str) -> dict[str, Row]:
    """The same rows in the same order."""
    return {new_id if id_ == old_id else id_: row for id_, row in rows.items()}
