"""Queries on notices: written with what they tell, claimed and told after the commit."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Row, cast, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.statements import execute_rowcount, is_sqlite
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.notices import NOTICE_OF_STATE, NoticeKind
from cxmc_ext.domain.operations import kinds_with

# PostgreSQL advisory lock: sequence numbers become visible in their order.
_LOCK = 0x63786D65
_NOW = cast(db_now(), BigInteger)
_SENDING_KINDS = kinds_with(lambda spec: spec.takes_form)


class Subject(NamedTuple):
    """What a notice is about."""

    title: str
    recipients: int
    problems: Any
    actor_id: str
    """`User.id` of the user who sent the campaign; "" if it was nobody."""


def add(session: Session, account_id: int, kind: NoticeKind, **values: Any) -> None:
    """Adds a notice about an account. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        kind: What happened.
        **values: Further columns.
    """
    session.execute(insert(Notice).values(account_id=account_id, kind=kind, at=_NOW, **values))


def add_state(
    session: Session, mailing_id: int, state: MailingState | None, *, is_set: bool = False
) -> None:
    """Adds the notice of a mailing's new state, if it is one that is told. The caller commits.

    Args:
        session: The database session.
        mailing_id: The mailing.
        state: The new state.
        is_set: The row has it already, and had another one before. Otherwise the caller sets it next, and
            nothing is added if the row has it already.
    """
    kind = NOTICE_OF_STATE.get(state) if state else None
    if kind is not None:
        conditions = () if is_set else (Mailing.state != state,)
        _add_for_mailing(session, mailing_id, kind, *conditions)


def add_events_stored(session: Session, mailing_id: int, since: int) -> None:
    """Adds the notice that events of a mailing were stored. The caller commits.

    Args:
        session: The database session.
        mailing_id: The mailing.
        since: The time of the earliest of them.
    """
    _add_for_mailing(session, mailing_id, NoticeKind.EVENTS_STORED, events_since=since)


def claim(session: Session, seconds: int, limit: int) -> Sequence[Row[Any]]:
    """Claims notices that wait, the oldest first. The caller commits before it tells them.

    During an upgrade newer processes may store kinds that this release does not know: they are left to them.

    Returns:
        Rows of (id, kind, at, account_ref, campaign_ref, mailing_id, operation_id, user_id, people,
        attempts, events_since).
    """
    waiting = select(Notice.id).where(Notice.delivered_at.is_(None), Notice.lease_until < db_now())
    waiting = waiting.where(Notice.kind.in_(list(NoticeKind))).order_by(Notice.id).limit(limit)
    if session.execute(waiting.limit(1)).first() is None:
        return []
    statement = (
        update(Notice)
        .where(Notice.id.in_(waiting.with_for_update(skip_locked=True)))
        .values(attempts=Notice.attempts + 1, lease_until=db_now() + seconds)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    ids = session.execute(statement).scalars().all()
    return session.execute(_described(ids)).all()


def lock(session: Session, notice_id: int, seconds: int) -> bool:
    """Locks a claimed notice until the commit. Returns False if somebody else has told it meanwhile.

    As the first statement of a transaction it also makes SQLite's only writer out of it.
    """
    statement = update(Notice).where(Notice.id == notice_id, Notice.delivered_at.is_(None))
    return execute_rowcount(session, statement.values(lease_until=db_now() + seconds)) == 1


def merge_events(session: Session, kept: int, others: Collection[int], since: int) -> None:
    """Makes several notices of a mailing's events one. The caller commits."""
    execute_rowcount(session, delete(Notice).where(Notice.id.in_(others)))
    statement = update(Notice).where(Notice.id == kept).values(events_since=since)
    execute_rowcount(session, statement)


def publish(session: Session, notice_id: int) -> None:
    """Gives a notice of stored events the next place in the order of readers. The caller commits at once.

    Before it is told, so that its listeners can read the events. One that is told again gets a new place:
    further batches may have been merged into it, and a reader may be behind its old one.
    """
    if not is_sqlite(session):  # SQLite has one writer
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    following = select(func.coalesce(func.max(Notice.seq), 0) + 1).scalar_subquery()
    execute_rowcount(session, update(Notice).where(Notice.id == notice_id).values(seq=following))


def mark_delivered(
    session: Session, notice_id: int, mailing_id: int | None, since: int | None
) -> None:
    """Deletes a told notice. One of stored events stays; earlier ones that it covers are deleted.

    The caller commits.
    """
    is_meant = Notice.id == notice_id
    if since is None:
        execute_rowcount(session, delete(Notice).where(is_meant))
        return
    execute_rowcount(session, update(Notice).where(is_meant).values(delivered_at=_NOW))
    place = select(Notice.seq).where(is_meant).scalar_subquery()
    covered = (
        Notice.mailing_id == mailing_id,
        Notice.delivered_at.is_not(None),
        Notice.seq < place,
    )
    execute_rowcount(session, delete(Notice).where(*covered, Notice.events_since >= since))


def subject(session: Session, mailing_id: int | None, operation_id: int | None) -> Subject:
    """What a notice is about, and who sent the campaign.

    Args:
        session: The database session.
        mailing_id: The mailing; None for a notice about the account.
        operation_id: The operation whose problems count; None: those of the mailing.
    """
    if mailing_id is None:
        return Subject("", 0, [], "")
    sender = (
        select(Operation.actor_id)
        .where(Operation.mailing_id == mailing_id, Operation.kind.in_(_SENDING_KINDS))
        .order_by(Operation.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    failed = select(Operation.problems).where(Operation.id == operation_id).scalar_subquery()
    row = session.execute(
        select(
            Mailing.campaign_title,
            Mailing.emails_sent,
            Mailing.mailable_count,
            Mailing.problems,
            sender,
            failed,
        ).where(Mailing.id == mailing_id)
    ).one()
    problems = row[3] if operation_id is None else row[5]
    return Subject(row[0], row[1] or row[2], problems, row[4] or "")


def last_seq(session: Session) -> int:
    """How far events can be read."""
    return session.execute(select(func.max(Notice.seq))).scalar_one() or 0


def mailings_with_events(
    session: Session, after: int, until: int, first_mailing: int
) -> list[tuple[int, int]]:
    """The mailings whose events were stored in a part of the order.

    Args:
        session: The database session.
        after: Where the part begins (exclusive).
        until: Where it ends (inclusive).
        first_mailing: Leaves out mailings with a lower id.

    Returns:
        Pairs of mailing and time of the earliest event, by id.
    """
    statement = (
        select(Notice.mailing_id, func.min(Notice.events_since))
        .where(Notice.seq > after, Notice.seq <= until, Notice.mailing_id >= first_mailing)
        .group_by(Notice.mailing_id)
        .order_by(Notice.mailing_id)
    )
    rows = session.execute(statement)
    return [
        (mailing_id, at) for mailing_id, at in rows if mailing_id is not None and at is not None
    ]


def _add_for_mailing(
    session: Session,
    mailing_id: int,
    kind: NoticeKind,
    *conditions: Any,
    events_since: int | None = None,
) -> None:
    values = select(
        Mailing.account_id,
        literal(kind, Notice.kind.type),
        _NOW,
        Mailing.id,
        literal(events_since, BigInteger),
    ).where(Mailing.id == mailing_id, *conditions)
    columns = ["account_id", "kind", "at", "mailing_id", "events_since"]
    session.execute(insert(Notice).from_select(columns, values, include_defaults=False))


def _described(ids: Sequence[int]) -> Any:
    return (
        select(
            Notice.id,
            Notice.kind,
            Notice.at,
            Account.ref.label("account_ref"),
            Mailing.campaign_ref,
            Notice.mailing_id,
            Notice.operation_id,
            Notice.user_id,
            Notice.people,
            Notice.attempts,
            Notice.events_since,
        )
        .join(Account, Account.id == Notice.account_id)
        .outerjoin(Mailing, Mailing.id == Notice.mailing_id)
        .where(Notice.id.in_(ids))
        .order_by(Notice.id)
    )
