"""Which addresses our own rows know as subscribed members of an audience, and as nothing else."""

from collections.abc import Collection

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.keyed_lookup import has_hash_anywhere, is_of_account
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason

# Why an address was left out once that speaks against subscribing it again, whatever came later.
_OPT_OUT_REASONS = (
    ExclusionReason.OPTED_OUT,
    ExclusionReason.UNSUBSCRIBED,
    ExclusionReason.CLEANED,
    ExclusionReason.PENDING,
    ExclusionReason.COMPLIANCE,
    ExclusionReason.ERASURE,
)


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
    was_subscribed = or_(Recipient.in_audience, Recipient.status > EventStatus.NONE)
    proofs = rows.where(
        of_account,
        Mailing.list_id == mailing.list_id,
        Mailing.id != mailing.id,
        Mailing.is_imported.is_(False),
        was_subscribed,
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
