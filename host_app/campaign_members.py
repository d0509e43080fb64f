"""Adding people to a campaign and removing them, any number in one statement. The caller commits."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, literal, select

from cxmc_ext import OPT_OUT_TAG
from host_app.database import db, dialect_insert, execute_rowcount
from host_app.models import Campaign, CampaignMember, Group, GroupMember, Person, Tag


@dataclass(frozen=True, slots=True)
class AddResult:
    """How many people were selected, how many of them are new in the campaign, and how many opted out."""

    selected: int
    new: int
    opted_out: int

    @property
    def already_present(self) -> int:
        """How many of the selected people were in the campaign before."""
        return self.selected - self.new


def add_people(campaign: Campaign, people: Select[Any]) -> AddResult:
    """Adds people to a campaign; those who are in it already stay in it once.

    Args:
        campaign: The campaign.
        people: A query that selects `Person.id`.
    """
    ids = people.order_by(None).subquery()
    selected = db.session.scalar(select(func.count()).select_from(ids)) or 0
    rows = select(literal(campaign.id), ids.c.id, literal(int(time.time()))).where(
        ids.c.id.is_not(None)  # SQLite needs a WHERE between SELECT and ON CONFLICT.
    )
    columns = ["campaign_id", "person_id", "at"]
    new = execute_rowcount(
        dialect_insert(CampaignMember).from_select(columns, rows).on_conflict_do_nothing()
    )
    opted_out = db.session.scalar(
        select(func.count(GroupMember.person_id.distinct()))
        .join(Group, Group.id == GroupMember.group_id)
        .join(Tag, Tag.id == Group.tag_id)
        .where(Tag.name == OPT_OUT_TAG, GroupMember.person_id.in_(select(ids.c.id)))
    )
    return AddResult(selected, new, opted_out or 0)


def remove_people(campaign: Campaign, person_ids: list[int]) -> int:
    """Removes people from a campaign; returns how many of them were in it."""
    members = delete(CampaignMember).where(CampaignMember.campaign_id == campaign.id)
    return execute_rowcount(members.where(CampaignMember.person_id.in_(person_ids)))


def members_of(campaign: Campaign, kind: str) -> Select[Person]:
    """The campaign's people of one kind, ordered by name."""
    members = select(Person).join(CampaignMember, CampaignMember.person_id == Person.id)
    members = members.where(CampaignMember.campaign_id == campaign.id, Person.kind == kind)
    return members.order_by(Person.last_name, Person.first_name, Person.id)
