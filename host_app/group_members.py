"""Adding people to groups and removing them, by hand. Safe to repeat; the caller commits."""

import time
from collections.abc import Collection

from sqlalchemy import Select, delete, select

from host_app.database import db, dialect_insert
from host_app.models import Group, GroupMember, Note, Person, Tag


def add_to_group(group: Group, person: Person, note: str) -> None:
    """Adds a person to a group, once; the caller commits."""
    row = {"group_id": group.id, "person_id": person.id, "at": int(time.time()), "note": note}
    db.session.execute(dialect_insert(GroupMember).values(**row).on_conflict_do_nothing())


def remove_from_group(group_id: int, person: Person) -> None:
    """Removes a person from a group; the caller commits."""
    membership = db.session.get(GroupMember, (group_id, person.id))
    if membership:
        db.session.delete(membership)


def groups_with_tag(tag: str) -> Select[int]:
    """The ids of the groups that carry a tag."""
    return select(Group.id).join(Tag, Tag.id == Group.tag_id).where(Tag.name == tag)


def remove_people(groups: Select[int], person_ids: Collection[int], note: str) -> int:
    """Removes people from some groups, and adds a contact moment that says why; the caller commits."""
    is_member = (GroupMember.person_id.in_(person_ids), GroupMember.group_id.in_(groups))
    db.session.execute(delete(GroupMember).where(*is_member))
    now = int(time.time())
    db.session.add_all(
        Note(person_id=person_id, at=now, kind="MailChimp", text=note) for person_id in person_ids
    )
    return len(person_ids)
