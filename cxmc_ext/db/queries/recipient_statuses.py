"""The status of recipients, calculated from their stored events. `bulk` raises it for a report."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import EventStatus


def reset_statuses(session: Session, ids: Collection[int]) -> None:
    """Gives primary recipients and their duplicates the status of their furthest stored event."""
    mailings = select(Recipient.mailing_id).where(Recipient.id.in_(list(ids)))
    is_mine = and_(
        or_(Recipient.id.in_(list(ids)), Recipient.primary_id.in_(list(ids))),
        Recipient.mailing_id.in_(mailings),
    )
    mine = select(Recipient.id).where(is_mine)
    execute_rowcount(session, delete(RecipientStatus).where(RecipientStatus.recipient_id.in_(mine)))
    furthest = (
        select(Recipient.id, Recipient.mailing_id, func.max(_status()))
        .join(Event, Event.recipient_id == func.coalesce(Recipient.primary_id, Recipient.id))
        .where(is_mine)
        .group_by(Recipient.id, Recipient.mailing_id)
    )
    session.execute(
        insert(RecipientStatus).from_select(["recipient_id", "mailing_id", "status"], furthest)
    )


def _status() -> ColumnElement[int]:
    """The status that an event gives its recipient; a complaint unsubscribes."""
    unsubscribed = int(EventStatus.UNSUBSCRIBED)
    return case((Event.kind > unsubscribed, unsubscribed), else_=Event.kind)
