"""Queries of the campaign overview. None of them reads recipients, events or a stored report."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState

# Later than any date: what has no date is listed first.
_NO_DATE = 2**53
_REPORTED = (MailingState.SENDING, MailingState.SENT, MailingState.CANCELLED)


class OverviewOrder(StrEnum):
    """By what the overview is sorted: the newest, the title that comes first, or the most."""

    NEWEST = "newest"
    TITLE = "title"
    RECIPIENTS = "recipients"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class OverviewFilter:
    """Which mailings: those in one of these states (empty: all) with all of these terms in the title."""

    states: Collection[MailingState] = ()
    terms: Sequence[str] = ()


class OverviewRow(NamedTuple):
    """The columns of a mailing that a list of campaigns shows."""

    campaign_ref: str
    campaign_title: str
    state: MailingState
    sent_at: int | None
    schedule_at: int | None
    requested_by_name: str
    people_count: int
    mailable_count: int
    emails_sent: int
    open_rate: float | None
    click_rate: float | None
    is_imported: bool


class Averages(NamedTuple):
    """Of the campaigns that a user had sent: their number, and the average rates."""

    campaigns: int
    open_rate: float | None
    click_rate: float | None


class ActiveAccount(NamedTuple):
    """An account that is on."""

    id: int
    importable_campaigns: int


def active_account(session: Session, ref: str) -> ActiveAccount | None:
    """An account; None while the module is off, or if the account was never used."""
    is_on = Account.state.in_((AccountState.ACTIVATING, AccountState.ACTIVE))
    statement = select(Account.id, Account.importable_campaigns).where(Account.ref == ref, is_on)
    row = session.execute(statement).one_or_none()
    return ActiveAccount(*row) if row else None


def page(
    session: Session,
    account_id: int,
    wanted: OverviewFilter,
    order: OverviewOrder,
    offset: int,
    limit: int,
) -> list[OverviewRow]:
    """Reads mailings of an account.

    Args:
        session: The host's session.
        account_id: The account.
        wanted: Which mailings.
        order: In which order; equal ones newest first.
        offset: How many to skip.
        limit: How many to read at most.
    """
    statement = _rows(account_id).where(*_conditions(wanted))
    statement = statement.order_by(_sort_key(order), Mailing.id.desc())
    return _fetch(session, statement.offset(offset).limit(limit))


def scheduled(session: Session, account_id: int, limit: int) -> list[OverviewRow]:
    """Reads what MailChimp sends at a later time, the next one first."""
    statement = _rows(account_id).where(Mailing.state == MailingState.SCHEDULED)
    statement = statement.order_by(Mailing.schedule_at, Mailing.id)
    return _fetch(session, statement.limit(limit))


def of_campaigns(
    session: Session, account_id: int, refs: Collection[str]
) -> dict[str, OverviewRow]:
    """Reads the mailings of some host campaigns, by ref."""
    statement = _rows(account_id).where(Mailing.campaign_ref.in_(refs))
    return {row.campaign_ref: row for row in _fetch(session, statement)}


def averages_of(session: Session, account_id: int, user_id: str) -> Averages:
    """Averages of what one user had sent, each campaign counting as much as another."""
    statement = select(
        func.count(), func.avg(Mailing.open_rate), func.avg(Mailing.click_rate)
    ).where(
        Mailing.account_id == account_id,
        Mailing.requested_by_id == user_id,
        Mailing.state.in_(_REPORTED),
        Mailing.open_rate.is_not(None),
    )
    return Averages(*session.execute(statement).one())


def _rows(account_id: int) -> Select[Any]:
    columns = (getattr(Mailing, name) for name in OverviewRow._fields)
    return select(*columns).where(Mailing.account_id == account_id)


def _fetch(session: Session, statement: Select[Any]) -> list[OverviewRow]:
    return [OverviewRow(*row) for row in session.execute(statement)]


def _conditions(wanted: OverviewFilter) -> list[ColumnElement[bool]]:
    title = func.lower(Mailing.campaign_title)
    conditions = [title.contains(term.lower(), autoescape=True) for term in wanted.terms]
    if wanted.states:
        conditions.append(Mailing.state.in_(wanted.states))
    return conditions


def _sort_key(order: OverviewOrder) -> ColumnElement[Any]:
    newest = func.coalesce(Mailing.sent_at, Mailing.schedule_at, Mailing.frozen_at, _NO_DATE)
    keys: dict[OverviewOrder, ColumnElement[Any]] = {
        OverviewOrder.NEWEST: newest.desc(),
        OverviewOrder.TITLE: func.lower(Mailing.campaign_title),
        OverviewOrder.RECIPIENTS: Mailing.mailable_count.desc(),
        OverviewOrder.OPENED: func.coalesce(Mailing.open_rate, -1.0).desc(),
        OverviewOrder.CLICKED: func.coalesce(Mailing.click_rate, -1.0).desc(),
    }
    return keys[order]
