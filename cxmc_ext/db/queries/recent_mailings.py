"""Which addresses were mailed lately, or will be mailed soon, through which mailings of an account."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.keyed_lookup import has_hash_between
from cxmc_ext.domain.campaigns import EventStatus, MailingState

# What reaches its recipients, unless MailChimp says otherwise.
_MAILED = (
    MailingState.SEND_INTENT,
    MailingState.IN_MAILCHIMP,
    MailingState.SCHEDULED,
    MailingState.SENDING,
    MailingState.SENT,
    MailingState.CANCELLED,
)


def mailed_between(
    session: Session, account_id: int, since: int, until: int, other_than: int | None
) -> dict[int, int]:
    """The mailings whose recipients were mailed, or will be, after one time and before another.

    One with an unknown outcome counts, and one that was cancelled half-way: `mailed_through` knows whom it
    had mailed by then.

    Args:
        session: The database session.
        account_id: The account.
        since: Exclusive, in Unix seconds.
        until: Exclusive.
        other_than: A mailing that does not count.

    Returns:
        Id of the mailing → when.
    """
    at = func.coalesce(
        Mailing.sent_at, Mailing.schedule_at, Mailing.send_intent_at, Mailing.remote_created_at
    )
    may_be_sent = and_(Mailing.state == MailingState.ATTENTION, Mailing.send_intent_at.is_not(None))
    statement = select(Mailing.id, at).where(
        Mailing.account_id == account_id,
        or_(Mailing.state.in_(_MAILED), may_be_sent),
        at > since,
        at < until,
        Mailing.id != (other_than or 0),
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def mailed_through(
    session: Session, mailing_ids: Collection[int], hashes: Collection[bytes]
) -> Mapping[bytes, list[int]]:
    """Through which of some mailings addresses are mailed; if one was cancelled, whom it mailed before that.

    Args:
        session: The database session.
        mailing_ids: Ids of mailings, at least one.
        hashes: Member hashes of at most 1,000 addresses.

    Returns:
        Member hash → ids of mailings.
    """
    mailings: dict[bytes, list[int]] = defaultdict(list)
    was_mailed = or_(Mailing.state != MailingState.CANCELLED, Recipient.status > EventStatus.NONE)
    statement = (
        select(Recipient.member_hash, Recipient.mailing_id)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_between(session, min(mailing_ids), max(mailing_ids), hashes))
        .where(Recipient.reason.is_(None), was_mailed)
    )
    for member_hash, mailing_id in session.execute(statement):
        if mailing_id in mailing_ids:
            mailings[member_hash].append(mailing_id)
    return mailings
