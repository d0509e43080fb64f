"""What our own rows know of the members of an audience: who was subscribed, and who left unknown to us."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.db.queries.keyed_lookup import has_hash_anywhere, is_of_account
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.opt_outs import OptOutSource

# Why an address was left out once that speaks against subscribing it again, whatever came later.
_OPT_OUT_REASONS = (
    ExclusionReason.OPTED_OUT,
    ExclusionReason.UNSUBSCRIBED,
    ExclusionReason.CLEANED,
    ExclusionReason.PENDING,
    ExclusionReason.COMPLIANCE,
    ExclusionReason.MOVED,
    ExclusionReason.ERASURE,
)
_BATCH_SIZE = 1000


def known_subscribers(
    session: Session, mailing: Mailing, hashes: Collection[bytes]
) -> frozenset[bytes]:
    """Finds the addresses that were subscribed to the mailing's audience in an earlier mailing.

    Left out is every address of which any row of the account knows an opt-out, a complaint, a bounce, or a
    subscription that was never confirmed.

    Args:
        session: The database session.
        mailing: The mailing. Its own rows prove nothing: whoever is archived while it is being built, was
            archived on purpose.
        hashes: Member hashes of at most 1,000 addresses.

    Returns:
        The member hashes of these addresses.
    """
    of_account = and_(has_hash_anywhere(session, hashes), is_of_account(mailing.account_id))
    rows = select(Recipient.member_hash).join(Mailing, Mailing.id == Recipient.mailing_id)
    proofs = rows.where(
        of_account,
        Mailing.list_id == mailing.list_id,
        Mailing.id != mailing.id,
        Mailing.is_imported.is_(False),
        _was_subscribed(),
    )
    has_ended = exists().where(
        Event.recipient_id == Recipient.id,
        or_(Event.kind == EventStatus.BOUNCED, Event.kind >= EventStatus.UNSUBSCRIBED),
    )
    objections = rows.where(
        of_account,
        or_(
            Recipient.reason.in_(_OPT_OUT_REASONS),
            Recipient.status >= EventStatus.UNSUBSCRIBED,
            has_ended,
        ),
    )
    proven = frozenset(session.execute(proofs.distinct()).scalars())
    return proven - frozenset(session.execute(objections.distinct()).scalars())


def has_earlier_mailing(session: Session, mailing: Mailing) -> bool:
    """Whether any other mailing of the account went, or was to go, to the same audience."""
    others = select(Mailing.id).where(
        Mailing.account_id == mailing.account_id,
        Mailing.list_id == mailing.list_id,
        Mailing.id != mailing.id,
    )
    return session.execute(others.limit(1)).first() is not None


def last_subscribed(
    session: Session, mailing: Mailing, hashes: Collection[bytes]
) -> dict[bytes, int]:
    """When people were last subscribed to the mailing's audience at some addresses, as other mailings know.

    Args:
        session: The database session.
        mailing: The mailing.
        hashes: Member hashes of at most 1,000 addresses.

    Returns:
        Unix seconds by member hash. Left out are addresses of which only a report tells: nobody in the
        CRM was mailed there.
    """
    at = func.coalesce(Mailing.sent_at, Mailing.send_intent_at, Mailing.frozen_at, 0)
    statement = (
        select(Recipient.member_hash, func.max(at))
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), is_of_account(mailing.account_id))
        .where(Mailing.list_id == mailing.list_id, Mailing.id != mailing.id)
        .where(_was_subscribed(), Recipient.person_id != "")
        .group_by(Recipient.member_hash)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def last_unknown_opt_out(session: Session, mailing: Mailing) -> int:
    """When somebody last left the mailing's audience at an address at which nobody in the CRM was mailed.

    Returns:
        Unix seconds; 0 if nobody did.
    """
    opt_outs = (
        select(ReportedOptOut.member_hash, ReportedOptOut.at)
        .where(ReportedOptOut.account_id == mailing.account_id)
        .where(ReportedOptOut.list_id == mailing.list_id)
        .where(ReportedOptOut.source != OptOutSource.CLEANED)
        .order_by(ReportedOptOut.at.desc())
    )
    for batch in session.execute(opt_outs).partitions(_BATCH_SIZE):
        known = last_subscribed(session, mailing, [row.member_hash for row in batch])
        for row in batch:
            if row.member_hash not in known:
                return int(row.at)
    return 0


def _was_subscribed() -> ColumnElement[bool]:
    return or_(Recipient.in_audience, Recipient.status > EventStatus.NONE)
