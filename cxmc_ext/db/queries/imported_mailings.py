"""Mailings whose campaigns were created in MailChimp itself."""

import uuid
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import recipients
from cxmc_ext.db.queries.keyed_lookup import has_hash
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.rules import mailchimp_status
from cxmc_ext.domain.sent_campaigns import SentCampaign

_PAGE_SIZE = 1000


def known_campaigns(session: Session, account_id: int, ids: Collection[str]) -> set[str]:
    """Which of at most 1,000 campaigns, by MailChimp's id, belong to a mailing. Unfinished imports do not."""
    statement = select(Mailing.remote_id).where(
        Mailing.account_id == account_id, Mailing.remote_id.in_(ids)
    )
    finished = statement.where(Mailing.frozen_at.is_not(None) | Mailing.is_imported.is_(False))
    return {remote_id for remote_id in session.execute(finished).scalars() if remote_id}


def find_or_start(session: Session, account_id: int, campaign: SentCampaign) -> int:
    """The mailing of an import that has begun, or a new one. It is not synchronized yet.

    Until the import is finished, no Host knows its `campaign_ref`, so no screen shows it. The caller commits.
    """
    ref = f"import:{uuid.uuid5(uuid.NAMESPACE_URL, campaign.id)}"
    found = select(Mailing.id).where(Mailing.account_id == account_id, Mailing.campaign_ref == ref)
    mailing_id = session.execute(found).scalar_one_or_none()
    if mailing_id is not None:
        return mailing_id
    mailing = Mailing(
        account_id=account_id,
        campaign_ref=ref,
        is_imported=True,
        state=MailingState.SENT,
        campaign_title=campaign.title or campaign.subject,
        subject=campaign.subject,
        preview_text=campaign.preview_text,
        from_name=campaign.from_name,
        from_email=campaign.from_email,
        list_id=campaign.list_id,
        remote_id=campaign.id,
        web_id=campaign.web_id or None,
        remote_status=mailchimp_status.SENT,
        remote_created_at=campaign.create_time,
        sent_at=campaign.send_time,
        emails_sent=campaign.emails_sent,
    )
    session.add(mailing)
    session.flush()
    return mailing.id


def stored_hashes(session: Session, mailing_id: int, hashes: Collection[bytes]) -> set[bytes]:
    """Which of at most 1,000 addresses, by member hash, are recipients of a mailing."""
    statement = select(Recipient.member_hash).where(has_hash(session, mailing_id, hashes))
    return set(session.execute(statement).scalars())


def people_pages(session: Session, mailing_id: int) -> Iterator[Sequence[PersonRef]]:
    """The recipients whom the Host knows, each person once, in pages of at most 1,000."""
    key = tuple_(Recipient.person_kind, Recipient.person_id)
    statement = (
        select(Recipient.person_kind, Recipient.person_id)
        .where(Recipient.mailing_id == mailing_id, Recipient.person_id != "")
        .distinct()
        .order_by(Recipient.person_kind, Recipient.person_id)
        .limit(_PAGE_SIZE)
    )
    last = ("", "")
    while rows := session.execute(statement.where(key > last)).all():
        last = (rows[-1].person_kind, rows[-1].person_id)
        yield [PersonRef(PersonKind(kind), person_id) for kind, person_id in rows]


def finish(session: Session, mailing_id: int, campaign_ref: str, now: int) -> None:
    """Ties a mailing to its Host campaign, and makes it due for its first sync turn. The caller commits.

    Nobody is told that it was sent: that may have been years ago.
    """
    reasons: dict[str, int] = {}
    people = mailable = unknown = 0
    has_address = Recipient.address != ""
    groups = (
        select(Recipient.reason, Recipient.person_kind, has_address, func.count())
        .where(Recipient.mailing_id == mailing_id)
        .group_by(Recipient.reason, Recipient.person_kind, has_address)
    )
    for reason, kind, is_address, count in session.execute(groups):
        people += count
        mailable += count if reason is None else 0
        unknown += count if not kind and is_address else 0
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + count
    statement = update(Mailing).where(Mailing.id == mailing_id)
    execute_rowcount(
        session,
        statement.values(
            campaign_ref=campaign_ref,
            frozen_at=now,
            people_count=people,
            mailable_count=mailable,
            counts={"reason": reasons, "origin": {"unknown": unknown}},
            mail_due=True,
            next_sync_at=now,
        ),
    )


def drop(session: Session, mailing_id: int) -> None:
    """Deletes a mailing whose import cannot be finished, with its recipients. The caller commits."""
    while recipients.delete_some(session, mailing_id, _PAGE_SIZE):
        pass
    execute_rowcount(session, delete(Mailing).where(Mailing.id == mailing_id))
