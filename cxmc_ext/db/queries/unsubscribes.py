"""Who unsubscribed: which mailings reached an address, and which unsubscribes are stored of it."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.rules.mailchimp_status import REPORT_STATES

# Seconds by which report and audience may differ about the time of the same unsubscribe.
SAME_UNSUBSCRIBE_SECONDS = 300


class MailedAddress(NamedTuple):
    """An address in a sent mailing."""

    member_hash: bytes
    recipient_id: int
    mailing_id: int
    remote_id: str
    title: str
    status: int
    unsubscribed_at: int | None
    """When it unsubscribed through this mailing, in Unix seconds; None if it did not."""


class StoredUnsubscribe(NamedTuple):
    """A stored “unsubscribed” event; `at` is in Unix seconds."""

    member_hash: bytes
    recipient_id: int
    mailing_id: int
    at: int


def mailings_sent_to(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> list[MailedAddress]:
    """Finds all sent mailings of an account that reached some addresses, newest first.

    Args:
        session: The database session.
        account_id: The account.
        hashes: Member hashes of at most 1,000 addresses.
    """
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
            Recipient.status,
            unsubscribed_at,
        )
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(Recipient.member_hash.in_(list(hashes)))
        .where(Mailing.account_id == account_id, Mailing.state.in_(REPORT_STATES))
        .where(Recipient.status > EventStatus.NONE)
        .where(Recipient.reason.is_distinct_from(ExclusionReason.DUPLICATE))
        .order_by(Mailing.sent_at.desc(), Recipient.mailing_id.desc())
    )
    return [MailedAddress(*row) for row in session.execute(statement)]


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
        select(Recipient.member_hash, Recipient.id, Recipient.mailing_id, Event.at)
        .join(Event, Event.recipient_id == Recipient.id)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(
            Recipient.member_hash.in_(list(hashes)), Recipient.status == EventStatus.UNSUBSCRIBED
        )
        .where(Event.kind == EventStatus.UNSUBSCRIBED, Mailing.account_id == account_id)
    )
    return [StoredUnsubscribe(*row) for row in session.execute(statement)]
