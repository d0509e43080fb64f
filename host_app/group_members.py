"""Adding people to groups and removing them, by hand. Safe to repeat; the caller commits."""

import time

from sqlalchemy import Select, select

from host_app.database import db, dialect_insert
from host_app.models import Group, GroupMember, Person, Tag


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
