"""Queries about people who were deleted permanently at MailChimp after they were mailed."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus


def are_all_mails_stored(session: Session, mailing_id: int) -> bool:
    """Whether as many mails are stored as MailChimp said it sent when the report was read last."""
    mailed = (
        select(func.count())
        .join_from(Recipient, RecipientStatus, RecipientStatus.recipient_id == Recipient.id)
        .where(RecipientStatus.mailing_id == mailing_id, Recipient.primary_id.is_(None))
    )
    reported = select(Mailing.emails_sent).where(Mailing.id == mailing_id)
    stored_count, sent_count = session.scalar(mailed) or 0, session.scalar(reported) or 0
    return stored_count >= sent_count > 0
