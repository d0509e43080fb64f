"""Putting people into a campaign and taking them out again, any number in one statement."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, literal, select

from cxmc_ext import OPT_OUT_TAG
from host_app.database import db, dialect_insert, execute_rowcount
from host_app.models import Campaign, CampaignMember, Group, GroupMember, Person, Tag


@dataclass(frozen=True, slots=True)
class AddResult:
    """Of `found` people `new` were not in the campaign yet; `opted_out` of all found will get no mail."""

    found: int
    new: int
    opted_out: int

    @property
    def already_present(self) -> int:
        return self.found - self.new


def add_people(campaign: Campaign, people: Select[Any]) -> AddResult:
    """Adds the selected people, each once however often it is done; does not commit.

    :param people: selects `Person.id`.
    """
    ids = people.order_by(None).subquery()
    found = db.session.scalar(select(func.count()).select_from(ids)) or 0
    rows = select(literal(campaign.id), ids.c.id, literal(int(time.time()))).where(
        ids.c.id.is_not(None)  # SQLite needs a WHERE between SELECT and ON CONFLICT
    )
    columns = ["campaign_id", "person_id", "at"]
    new = execute_rowcount(
        dialect_insert(CampaignMember).from_select(columns, rows).on_conflict_do_nothing()
    )
    out = db.session.scalar(
        select(func.count(GroupMember.person_id.distinct()))
        .join(Group, Group.id == GroupMember.group_id)
        .join(Tag, Tag.id == Group.tag_id)
        .where(Tag.name == OPT_OUT_TAG, GroupMember.person_id.in_(select(ids.c.id)))
    )
    return AddResult(found, new, out or 0)


def remove_people(campaign: Campaign, person_ids: list[int]) -> int:
    """How many were in the campaign and are no longer; does not commit."""
    member = CampaignMember
    mine = delete(member).where(member.campaign_id == campaign.id)
    return execute_rowcount(mine.where(member.person_id.in_(person_ids)))


def members_of(campaign: Campaign, kind: str) -> Select[Person]:
    """The campaign's people of one kind, by name."""
    joined = select(Person).join(CampaignMember, CampaignMember.person_id == Person.id)
    mine = joined.where(CampaignMember.campaign_id == campaign.id, Person.kind == kind)
    return mine.order_by(Person.last_name, Person.first_name, Person.id)
