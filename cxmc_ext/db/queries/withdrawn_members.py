"""Queries on the members whom we archived or unsubscribed at MailChimp."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.withdrawn_member import WithdrawnMember
from cxmc_ext.db.queries.keyed_lookup import is_one_of
from cxmc_ext.db.statements import conflict_insert, execute_rowcount
from cxmc_ext.domain.contacts import WithdrawalCause

_FORWARDED = (WithdrawalCause.OPT_OUT, WithdrawalCause.FORWARDING)


class Withdrawal(NamedTuple):
    """Why a member is out of the audience, and since when, in Unix seconds."""

    cause: WithdrawalCause
    at: int


def store(
    session: Session,
    account_id: int,
    list_id: str,
    hashes: Collection[bytes],
    cause: WithdrawalCause,
    now: int,
) -> None:
    """Stores at most 1,000 members; one that is stored already keeps its row. The caller commits."""
    common = {"account_id": account_id, "list_id": list_id, "cause": cause, "at": now}
    # In one order everywhere, so that two transactions cannot wait for each other.
    rows = [common | {"member_hash": each_hash} for each_hash in sorted(hashes)]
    if rows:
        session.execute(conflict_insert(session, WithdrawnMember).on_conflict_do_nothing(), rows)


def withdrawn(
    session: Session, account_id: int, list_id: str, hashes: Collection[bytes]
) -> Mapping[bytes, Withdrawal]:
    """Those of at most 1,000 members who are stored, and why."""
    columns = (WithdrawnMember.member_hash, WithdrawnMember.cause, WithdrawnMember.at)
    rows = session.execute(select(*columns).where(_is_among(session, account_id, list_id, hashes)))
    return {row.member_hash: Withdrawal(row.cause, row.at) for row in rows}


def forwarded_at(
    session: Session, account_id: int, list_id: str, hashes: Collection[bytes]
) -> Mapping[bytes, int]:
    """When those of at most 1,000 members were withdrawn whose opt-out in the CRM was forwarded."""
    statement = select(WithdrawnMember.member_hash, WithdrawnMember.at).where(
        _is_among(session, account_id, list_id, hashes), WithdrawnMember.cause.in_(_FORWARDED)
    )
    return {row.member_hash: row.at for row in session.execute(statement)}


def note_forwarded(
    session: Session, account_id: int, list_id: str, hashes: Collection[bytes]
) -> None:
    """Of at most 1,000 members, the call is no longer under way. The caller commits."""
    is_under_way = WithdrawnMember.cause == WithdrawalCause.FORWARDING
    statement = update(WithdrawnMember).where(
        _is_among(session, account_id, list_id, hashes), is_under_way
    )
    execute_rowcount(session, statement.values(cause=WithdrawalCause.OPT_OUT))


def forget(
    session: Session,
    account_id: int,
    list_id: str,
    hashes: Collection[bytes],
    causes: Collection[WithdrawalCause] = tuple(WithdrawalCause),
) -> None:
    """Deletes at most 1,000 members: they are in the audience again. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        list_id: The audience.
        hashes: Member hashes.
        causes: Members who were withdrawn for another cause stay.
    """
    if hashes:
        statement = delete(WithdrawnMember).where(_is_among(session, account_id, list_id, hashes))
        execute_rowcount(session, statement.where(WithdrawnMember.cause.in_(causes)))


def forget_everywhere(session: Session, account_id: int, hashes: Collection[bytes]) -> None:
    """Deletes at most 1,000 addresses in all audiences of an account. The caller commits."""
    execute_rowcount(
        session,
        delete(WithdrawnMember).where(
            WithdrawnMember.account_id == account_id,
            is_one_of(session, WithdrawnMember.member_hash, hashes),
        ),
    )


def _is_among(
    session: Session, account_id: int, list_id: str, hashes: Collection[bytes]
) -> ColumnElement[bool]:
    return and_(
        WithdrawnMember.account_id == account_id,
        WithdrawnMember.list_id == list_id,
        is_one_of(session, WithdrawnMember.member_hash, hashes),
    )
