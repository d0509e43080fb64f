"""Queries on the addresses that MailChimp reported as unsubscribed, cleaned or complained."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.db.queries.keyed_lookup import has_hash_anywhere, is_of_account, is_one_of
from cxmc_ext.db.queries.recipient_rows import is_mailed, person_of
from cxmc_ext.db.statements import conflict_insert, execute_rowcount
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.addresses import member_hash


class MailedPerson(NamedTuple):
    """Somebody who was mailed at an address, in any mailing of the account."""

    person: PersonRef
    address: str
    """The canonical address that was mailed."""


def store(session: Session, account_id: int, list_id: str, opt_outs: Sequence[OptOut]) -> None:
    """Stores at most 1,000 opt-outs; an address that is stored already keeps its row.

    Only that an address was cleaned gives way to what its owner said.

    Args:
        session: The database session. The caller commits.
        account_id: The account.
        list_id: The audience that reported them.
        opt_outs: The opt-outs, each address once.
    """
    rows = [
        {
            "account_id": account_id,
            "member_hash": member_hash(opt_out.address),
            "address": opt_out.address[:254],
            "source": opt_out.source,
            "at": opt_out.at,
            "list_id": list_id,
        }
        # In one order everywhere, so that two transactions cannot wait for each other.
        for opt_out in sorted(opt_outs, key=lambda opt_out: opt_out.address)
    ]
    statement = conflict_insert(session, ReportedOptOut)
    told, stored = statement.excluded, ReportedOptOut.source
    statement = statement.on_conflict_do_update(
        index_elements=["account_id", "member_hash"],
        set_={"source": told.source, "at": told.at, "list_id": told.list_id},
        where=and_(stored == OptOutSource.CLEANED, told.source != OptOutSource.CLEANED),
    )
    if rows:
        session.execute(statement, rows)


def reported(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> dict[bytes, OptOutSource]:
    """What was reported about some addresses, by member hash.

    Args:
        session: The database session.
        account_id: The account.
        hashes: Member hashes of at most 1,000 addresses.
    """
    statement = select(ReportedOptOut.member_hash, ReportedOptOut.source).where(
        _of(session, account_id, hashes)
    )
    return {row.member_hash: row.source for row in session.execute(statement)}


def all_reported(session: Session, account_id: int, limit: int) -> dict[bytes, OptOutSource] | None:
    """All that was reported to an account, by member hash; None if it is more than `limit` addresses."""
    statement = (
        select(ReportedOptOut.member_hash, ReportedOptOut.source)
        .where(ReportedOptOut.account_id == account_id)
        .limit(limit + 1)
    )
    rows = session.execute(statement).all()
    return None if len(rows) > limit else {row.member_hash: row.source for row in rows}


def delete_before(
    session: Session, account_id: int, list_id: str, subscribed_at: dict[bytes, int | None]
) -> list[bytes]:
    """Deletes opt-outs of addresses that subscribed again after them. The caller commits.

    Only the audience that reported an opt-out can take it back: another one may have been filled by an
    import of old contacts.

    Args:
        session: The database session.
        account_id: The account.
        list_id: The audience.
        subscribed_at: Member hash → when the subscribed member was last changed, in Unix seconds.

    Returns:
        The member hashes of these addresses.
    """
    rows = session.execute(
        select(ReportedOptOut.member_hash, ReportedOptOut.at).where(
            _of(session, account_id, subscribed_at), ReportedOptOut.list_id == list_id
        )
    ).all()
    outdated = [row.member_hash for row in rows if (subscribed_at[row.member_hash] or 0) > row.at]
    forget(session, account_id, outdated)
    return outdated


def forget(session: Session, account_id: int, hashes: Collection[bytes]) -> None:
    """Deletes what is stored about at most 1,000 addresses. The caller commits."""
    if hashes:
        execute_rowcount(session, delete(ReportedOptOut).where(_of(session, account_id, hashes)))


def page(session: Session, account_id: int, after: bytes, limit: int) -> list[ReportedOptOut]:
    """The next opt-outs of an account, by member hash."""
    statement = (
        select(ReportedOptOut)
        .where(ReportedOptOut.account_id == account_id, ReportedOptOut.member_hash > after)
        .order_by(ReportedOptOut.member_hash)
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def people_mailed_at(
    session: Session, account_id: int, hashes: Collection[bytes]
) -> Mapping[bytes, Sequence[MailedPerson]]:
    """Finds everybody who was mailed at some addresses, whatever their address is now.

    Args:
        session: The database session.
        account_id: The account.
        hashes: Member hashes of at most 1,000 addresses.

    Returns:
        The people by member hash, without the hashes at which nobody was mailed.
    """
    statement = (
        select(
            Recipient.member_hash,
            Recipient.person_kind,
            Recipient.person_id,
            Recipient.address,
        )
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(has_hash_anywhere(session, hashes), is_of_account(account_id))
        .where(
            Recipient.person_id != "",
            or_(_may_have_been_mailed(), Recipient.status > EventStatus.NONE),
        )
        .distinct()
    )
    people: dict[bytes, list[MailedPerson]] = defaultdict(list)
    for row in session.execute(statement):
        people[row.member_hash].append(MailedPerson(person_of(row), row.address))
    return people


def _may_have_been_mailed() -> ColumnElement[bool]:
    """MailChimp was asked to mail the address; its report may not have been read yet."""
    return and_(Mailing.remote_id.is_not(None), is_mailed())


def _of(session: Session, account_id: int, hashes: Collection[bytes]) -> ColumnElement[bool]:
    return and_(
        ReportedOptOut.account_id == account_id,
        is_one_of(session, ReportedOptOut.member_hash, hashes),
    )
