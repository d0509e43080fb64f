"""Who clicked within a period, by the user who had the campaign sent."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.statements import insert_rows
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.notices import NoticeKind


class ClickedMailing(NamedTuple):
    """A mailing that people clicked in."""

    id: int
    campaign_ref: str
    title: str
    people: int


def owners(session: Session, account_id: int, start: int, end: int) -> list[str]:
    """`User.id` of the users in whose campaigns somebody clicked from `start` until before `end`."""
    statement = (
        select(Mailing.requested_by_id)
        .join(Event, Event.mailing_id == Mailing.id)
        .where(Mailing.account_id == account_id, Mailing.requested_by_id != "")
        .where(*_is_click(start, end))
        .distinct()
        .order_by(Mailing.requested_by_id)
    )
    return list(session.execute(statement).scalars())


def add_notices(session: Session, account_id: int, user_ids: Collection[str], at: int) -> None:
    """Adds the notice for each of these users. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        user_ids: The users.
        at: The current time, from which the day follows.
    """
    kind = NoticeKind.DAILY_CLICKS
    rows = [
        {"account_id": account_id, "kind": kind, "at": at, "user_id": user_id}
        for user_id in user_ids
    ]
    insert_rows(session, Notice, rows)


def mailings(
    session: Session, account_ref: str, user_id: str, start: int, end: int
) -> list[ClickedMailing]:
    """The mailings of a user that people clicked in, most people first."""
    people = func.count(Recipient.member_hash.distinct())
    statement = (
        select(Mailing.id, Mailing.campaign_ref, Mailing.campaign_title, people)
        .join(Account, Account.id == Mailing.account_id)
        .join(Event, Event.mailing_id == Mailing.id)
        .join(Recipient, Recipient.id == Event.recipient_id)
        .where(Account.ref == account_ref, Mailing.requested_by_id == user_id)
        .where(*_is_click(start, end))
        .group_by(Mailing.id, Mailing.campaign_ref, Mailing.campaign_title)
        .order_by(people.desc(), Mailing.id.desc())
    )
    return [ClickedMailing(*row) for row in session.execute(statement)]


def count_people(session: Session, mailing_ids: Collection[int], start: int, end: int) -> int:
    """How many people clicked in some mailings; who clicked in several counts once."""
    statement = (
        select(func.count(Recipient.member_hash.distinct()))
        .join(Event, Event.recipient_id == Recipient.id)
        .where(Event.mailing_id.in_(mailing_ids), *_is_click(start, end))
    )
    return session.execute(statement).scalar_one()


def names(session: Session, mailing_id: int, start: int, end: int, limit: int) -> list[str]:
    """The names of the first people who clicked in a mailing; people without a name are left out."""
    statement = (
        select(Recipient.name)
        .join(Event, Event.recipient_id == Recipient.id)
        .where(Event.mailing_id == mailing_id, *_is_click(start, end), Recipient.name != "")
        .group_by(Recipient.id, Recipient.name)
        .order_by(func.min(Event.at), Recipient.id)
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def _is_click(start: int, end: int) -> tuple[ColumnElement[bool] | Any, ...]:
    return (Event.at >= start, Event.at < end, Event.kind == EventStatus.CLICKED)
