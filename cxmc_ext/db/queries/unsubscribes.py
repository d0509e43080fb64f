"""Who unsubscribed: which mailings reached an address, and which unsubscribes are stored of it."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.db.queries.keyed_lookup import has_hash_anywhere, has_id, is_of_account
from cxmc_ext.db.queries.recipient_rows import person_of
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.opt_outs import OptOutSource
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.mailchimp_status import REPORT_STATES

# `Event.occurrence` of an unsubscribe that only the audience reported. Its time is that of the member's
# last change, which any later edit moves (observed 2026-11), so it gives way to what a report says.
PROVISIONAL = 1


class MailedAddress(NamedTuple):
    """An address in a sent mailing."""

    member_hash: bytes
    recipient_id: int
    mailing_id: int
    remote_id: str
    title: str
    sent_at: int | None
    status: int
    unsubscribed_at: int | None
    """When it unsubscribed through this mailing, in Unix seconds; None if it did not."""


class RecipientPerson(NamedTuple):
    """Who a recipient row is, and at which address they were mailed."""

    recipient_id: int
    person: PersonRef
    address: str


class StoredUnsubscribe(NamedTuple):
    """A stored “unsubscribed” event; `at` is in Unix seconds.

    `is_provisional`: only the audience reported it, no campaign's report.
    """

    member_hash: bytes
    recipient_id: int
    mailing_id: int
    at: int
    is_provisional: bool


def people_on_rows(session: Session, ids: Collection[int]) -> list[RecipientPerson]:
    """The people on some recipient rows; rows of unknown or erased people are left out."""
    statement = select(
        Recipient.id, Recipient.person_kind, Recipient.person_id, Recipient.address
    ).where(has_id(session, ids), Recipient.person_id != "")
    return [
        RecipientPerson(row.id, person_of(row), row.address) for row in session.execute(statement)
    ]


def mailings_sent_to(
    session: Session, account_id: int, hashes: Collection[bytes], *, only_reported: bool = True
) -> list[MailedAddress]:
    """Finds all sent mailings of an account that reached some addresses, newest first.

    Args:
        session: The database session.
        account_id: The account.
        hashes: Member hashes of at most 1,000 addresses.
        only_reported: Only mailings whose report shows the address. Otherwise also those that were sent to
            it and whose report was not read yet.
    """
    was_reached: ColumnElement[bool] = Recipient.status > EventStatus.NONE
    if not only_reported:
        was_reached = or_(was_reached, Recipient.reason.is_(None))
    unsubscribed_at = (
        select(Event.at)
        .where(Event.kind == EventStatus.UNSUBSCRIBED)
        .where(Event.recipient_id == Recipient.id)
        .order_by(Event.at.desc())
        .limit(1)
        .correlate(Recipient)
        .scalar_subquery()
    )
    statement = (
        select(
            Recipient.member_hash,
            Recipient.id,
            Recipient.mailing_id,
            Mailing.remote_id,
            Mailing.campaign_title,
            Mailing.sent_at,
            Recipient.status,
            unsubscribed_at,
        )
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), is_of_account(account_id))
        .where(Mailing.state.in_(REPORT_STATES), _may_tell_of_our_audience(account_id))
        .where(was_reached)
        .where(Recipient.reason.is_distinct_from(ExclusionReason.DUPLICATE))
        .order_by(Mailing.sent_at.desc(), Recipient.mailing_id.desc())
    )
    return [MailedAddress(*row) for row in session.execute(statement)]


def left_at(session: Session, account_id: int, list_id: str, member_hash: bytes) -> int | None:
    """When somebody at an address last unsubscribed from an audience or complained; None: never.

    Args:
        session: The database session.
        account_id: The account.
        list_id: The audience.
        member_hash: Of the address.
    """
    told = select(func.max(ReportedOptOut.at)).where(
        ReportedOptOut.account_id == account_id,
        ReportedOptOut.member_hash == member_hash,
        ReportedOptOut.list_id == list_id,
        ReportedOptOut.source != OptOutSource.CLEANED,
    )
    in_mails = (
        select(func.max(Event.at))
        .join(Recipient, Recipient.id == Event.recipient_id)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, [member_hash]), is_of_account(account_id))
        .where(Event.kind >= EventStatus.UNSUBSCRIBED, Mailing.list_id == list_id)
    )
    times = (session.scalar(statement) for statement in (told, in_mails))
    return max((at for at in times if at is not None), default=None)


def stored_unsubscribes(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> list[StoredUnsubscribe]:
    """Finds all “unsubscribed” events of some addresses, in any mailing of an account.

    Args:
        session: The database session.
        account_id: The account.
        hashes: Member hashes of at most 1,000 addresses.
    """
    statement = (
        select(
            Recipient.member_hash,
            Recipient.id,
            Recipient.mailing_id,
            Event.at,
            Event.occurrence == PROVISIONAL,
        )
        .join(Event, Event.recipient_id == Recipient.id)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), Recipient.status >= EventStatus.UNSUBSCRIBED)
        .where(Event.kind == EventStatus.UNSUBSCRIBED, is_of_account(account_id))
    )
    return [StoredUnsubscribe(*row) for row in session.execute(statement)]


def _may_tell_of_our_audience(account_id: int) -> ColumnElement[bool]:
    """Leaves out imported campaigns that were sent to another audience than the account's."""
    ours = select(Account.list_id).where(Account.id == account_id).scalar_subquery()
    return or_(Mailing.is_imported.is_(False), Mailing.list_id == ours)
