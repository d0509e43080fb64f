"""Queries on the mails that were sent."""

from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.sent_mail import SentMail
from cxmc_ext.db.statements import execute_rowcount


class MailedPerson(NamedTuple):
    """Whom a mail went to, and the values it had for them."""

    id: int
    name: str
    address: str
    merge_values: dict[str, str]


def get_html(session: Session, mailing_id: int) -> str | None:
    """The HTML of the mail, with merge tags; None if it is not kept."""
    return session.scalar(select(SentMail.html).where(SentMail.mailing_id == mailing_id))


def store(session: Session, mailing_id: int, html: str, now: int) -> None:
    """Keeps the mail; "" keeps none, and it is not read again. The caller holds the mailing, and commits."""
    read_at = now if html else None
    statement = update(Mailing).where(Mailing.id == mailing_id)
    execute_rowcount(session, statement.values(mail_due=False, mail_read_at=read_at))
    if html:
        session.merge(SentMail(mailing_id=mailing_id, html=html))


def mailed_person(session: Session, mailing_id: int, recipient_id: int) -> MailedPerson | None:
    """One of the people a mailing was mailed to.

    Args:
        session: The database session.
        mailing_id: The mailing.
        recipient_id: The recipient; 0 for the first one.
    """
    columns = (Recipient.id, Recipient.name, Recipient.address, Recipient.merge_values)
    statement = select(*columns).where(
        Recipient.mailing_id == mailing_id, Recipient.reason.is_(None)
    )
    if recipient_id:
        statement = statement.where(Recipient.id == recipient_id)
    row = session.execute(statement.order_by(Recipient.id).limit(1)).first()
    return MailedPerson(*row) if row else None
