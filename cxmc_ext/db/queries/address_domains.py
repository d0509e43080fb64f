"""The result of a mailing by mail domain, the part of an address behind the @."""

from typing import Any

from sqlalchemy import ColumnElement, String, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import GenericFunction

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.domain.campaigns import EventStatus


class mail_domain(GenericFunction[str]):  # noqa: N801 - reads as the SQL function it is
    """The part of an address behind the @."""

    type = String()
    inherit_cache = True


@compiles(mail_domain, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    address = compiler.process(element.clauses, **kw)
    return f"substr({address}, instr({address}, '@') + 1)"


@compiles(mail_domain)
def _default(element: Any, compiler: Any, **kw: Any) -> str:
    return f"split_part({compiler.process(element.clauses, **kw)}, '@', 2)"


def most_mailed(
    session: Session, mailing_id: int, limit: int
) -> list[tuple[str, int, int, int, int]]:
    """Counts the addresses of the most mailed domains.

    Returns:
        (domain, mailed, bounced, opened, clicked), most mailed first. Whoever clicked counts as opened.
    """
    reaction = _reaction()
    domain, mailed = mail_domain(Recipient.address).label("domain"), func.count().label("mailed")
    statement = (
        select(
            domain,
            mailed,
            _sum(reaction == EventStatus.BOUNCED),
            _sum(reaction >= EventStatus.OPENED),
            _sum(reaction == EventStatus.CLICKED),
        )
        .join(RecipientStatus, RecipientStatus.recipient_id == Recipient.id)
        .where(RecipientStatus.mailing_id == mailing_id)
        .where(Recipient.reason.is_(None), Recipient.address != "")
        .group_by(domain)
        .order_by(mailed.desc(), domain)
        .limit(limit)
    )
    return [(row[0], *map(int, row[1:])) for row in session.execute(statement)]


def _reaction() -> ColumnElement[int]:
    """The furthest event of a recipient before they opted out: one who did may never have opened the mail."""
    before = select(func.max(Event.kind)).where(
        Event.recipient_id == Recipient.id, Event.kind < EventStatus.UNSUBSCRIBED
    )
    has_opted_out = RecipientStatus.status >= EventStatus.UNSUBSCRIBED
    return case((has_opted_out, before.scalar_subquery()), else_=RecipientStatus.status)


def _sum(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
