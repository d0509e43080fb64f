"""Statements on who left the audience: which mailings reached them, and what is known of it already."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason, MailingState

SAME_UNSUBSCRIBE_SECONDS = 300
"""Seconds between the report's and the audience's time of one and the same leaving."""


class MailedAddress(NamedTuple):
    """One address in one sent mailing; `left_at` is when it unsubscribed, if it is known there."""

    member_hash: bytes
    recipient_id: int
    mailing_id: int
    remote_id: str
    title: str
    status: int
    unsubscribed_at: int | None


def mailings_sent_to(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> list[MailedAddress]:
    """Every sent mailing of the account that reached these addresses (at most 1,000), newest first."""
    left = (
        select(Event.recipient_id, Event.at)
        .where(Event.kind == EventStatus.UNSUBSCRIBED)
        .where(Event.recipient_id == Recipient.id)
        .order_by(Event.at.desc())
        .limit(1)
        .correlate(Recipient)
    )
    statement = (
        select(
            Recipient.member_hash,
            Recipient.id,
            Recipient.mailing_id,
            Mailing.remote_id,
            Mailing.campaign_title,
            Recipient.status,
            left.with_only_columns(Event.at).scalar_subquery(),
        )
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(Recipient.member_hash.in_(list(hashes)))
        .where(Mailing.account_id == account_id, Mailing.state == MailingState.SENT)
        .where(Recipient.status > EventStatus.NONE)
        .where(Recipient.reason.is_distinct_from(ExclusionReason.DUPLICATE))
        .order_by(Mailing.sent_at.desc(), Recipient.mailing_id.desc())
    )
    return [MailedAddress(*row) for row in session.execute(statement)]


class StoredUnsubscribe(NamedTuple):
    """One stored 'unsubscribed'."""

    member_hash: bytes
    recipient_id: int
    mailing_id: int
    at: int


def stored_unsubscribes(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> list[StoredUnsubscribe]:
    """Every 'unsubscribed' stored for these addresses (at most 1,000), in whatever mailing."""
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
