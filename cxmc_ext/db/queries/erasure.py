"""Queries on erasure: the suppression list, and rows that lose the person they were about."""

import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.suppressed_address import SuppressedAddress
from cxmc_ext.db.statements import execute_rowcount, insert_rows
from cxmc_ext.domain.campaigns import ExclusionReason, MailingState
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.suppression import SuppressionList

_MAYBE_MAILED = (MailingState.SENDING, MailingState.SENT, MailingState.CANCELLED)


def suppression_list(session: Session, account_id: int) -> SuppressionList:
    """The addresses that must never be pushed again, as digests."""
    rows = session.execute(
        select(Account.suppression_salt, SuppressedAddress.digest)
        .join(SuppressedAddress, SuppressedAddress.account_id == Account.id)
        .where(Account.id == account_id)
    ).all()
    return SuppressionList(
        (rows[0][0] if rows else None) or b"", frozenset(digest for _, digest in rows)
    )


def get_or_create_salt(session: Session, account_id: int) -> bytes:
    """The account's salt. Created at first use and committed at once, so that there is only ever one."""
    fresh = update(Account).where(Account.id == account_id, Account.suppression_salt.is_(None))
    execute_rowcount(session, fresh.values(suppression_salt=secrets.token_bytes(32)))
    session.commit()
    return _salt(session, account_id) or b""


def add_digests(session: Session, account_id: int, digests: Collection[bytes], at: int) -> None:
    """Adds digests to the suppression list. The caller holds the account's lock and commits."""
    known = suppression_list(session, account_id).digests
    rows = [
        {"account_id": account_id, "digest": digest, "at": at} for digest in set(digests) - known
    ]
    insert_rows(session, SuppressedAddress, rows)


def addresses(session: Session, account_id: int, person: PersonRef) -> list[str]:
    """Every address at which this person was ever a recipient."""
    statement = select(Recipient.address).where(
        _of_account(account_id), _of_person(person), Recipient.member_hash != b""
    )
    return list(session.execute(statement.distinct()).scalars())


def audiences_used(session: Session, account_id: int) -> list[str]:
    """Every audience that campaigns of this account were ever sent from, without imported campaigns."""
    statement = select(Mailing.list_id).where(
        Mailing.account_id == account_id, Mailing.is_imported.is_(False)
    )
    return [list_id for list_id in session.execute(statement.distinct()).scalars() if list_id]


def has_call_in_flight(session: Session, account_id: int, kinds: Collection[OperationKind]) -> bool:
    """Whether work is under way that may still use an address it read before the erasure.

    That is an active operation of one of these kinds, or a sync turn.
    """
    sends = select(Operation.id).where(
        Operation.account_id == account_id,
        Operation.kind.in_(list(kinds)),
        Operation.state.in_(ACTIVE_STATES),
    )
    reads = select(Mailing.id).where(
        Mailing.account_id == account_id,
        Mailing.sync_lease_token != "",
        Mailing.sync_lease_until > db_now(),
    )
    return any(session.execute(query.limit(1)).first() for query in (sends, reads))


def mailings_of_hash(session: Session, account_id: int, member_hash: bytes) -> list[int]:
    """Ids of the mailings with recipients at this address."""
    return _mailings(session, account_id, Recipient.member_hash == member_hash)


def mailings_of_person(session: Session, account_id: int, person: PersonRef) -> list[int]:
    """Ids of the mailings with this person as a recipient."""
    return _mailings(session, account_id, _of_person(person))


def anonymize_address(session: Session, mailing_id: int, member_hash: bytes, digest: bytes) -> bool:
    """Removes the person from the recipients at an address, and excludes them if nothing was sent yet.

    Status and events stay. The digest takes the place of the member hash, so that later events of the
    address still find their row.

    Args:
        session: The host's session. The caller commits.
        mailing_id: The mailing.
        member_hash: MD5 of the address.
        digest: Its digest on the suppression list.

    Returns:
        Whether they were excluded: the mailing had not been sent.
    """
    return _anonymize(session, mailing_id, Recipient.member_hash == member_hash, member_hash=digest)


def anonymize_person(session: Session, mailing_id: int, person: PersonRef) -> bool:
    """The same for the recipients that are this person, for those without a valid address."""
    return _anonymize(session, mailing_id, _of_person(person))


def anonymize_audit(session: Session, account_id: int, subject: str) -> None:
    """Removes the person from the audit entries that concern them; `subject` is their ref."""
    mine = and_(Audit.account_id == account_id, Audit.subject == subject)
    execute_rowcount(session, update(Audit).where(mine).values(subject=""))


def links_with_addresses(
    session: Session, account_id: int, after: int, limit: int
) -> list[tuple[int, str]]:
    """Clicked links that may contain an address, as (id, URL), in the order of their ids after `after`.

    “40” is the code of “@” in percent-encoding.
    """
    mine = select(Mailing.id).where(Mailing.account_id == account_id)
    statement = (
        select(ClickedLink.id, ClickedLink.url)
        .where(ClickedLink.mailing_id.in_(mine), ClickedLink.id > after)
        .where(or_(ClickedLink.url.contains("@"), ClickedLink.url.contains("40")))
        .order_by(ClickedLink.id)
        .limit(limit)
    )
    return [(row.id, row.url) for row in session.execute(statement)]


def replace_url(session: Session, link_id: int, url: str) -> None:
    """Changes the URL of a clicked link.

    If a sync turn has stored the new URL as a link of its own meanwhile, the clicks move to that link.
    """
    mailing = select(ClickedLink.mailing_id).where(ClickedLink.id == link_id).scalar_subquery()
    same_url = select(ClickedLink.id).where(
        ClickedLink.mailing_id == mailing, ClickedLink.url == url
    )
    twin = session.execute(same_url).scalar_one_or_none()
    if twin is None:
        execute_rowcount(
            session, update(ClickedLink).where(ClickedLink.id == link_id).values(url=url)
        )
        return
    other = aliased(Event)
    stored_there = exists().where(
        other.recipient_id == Event.recipient_id,
        other.kind == Event.kind,
        other.at == Event.at,
        other.occurrence == Event.occurrence,
        other.link_id == twin,
    )
    execute_rowcount(session, delete(Event).where(Event.link_id == link_id, stored_there))
    execute_rowcount(session, update(Event).where(Event.link_id == link_id).values(link_id=twin))
    execute_rowcount(session, delete(ClickedLink).where(ClickedLink.id == link_id))


def mailings_with_draft(session: Session, account_id: int) -> list[int]:
    """Ids of the mailings whose form may have been filled in and not sent."""
    statement = select(Mailing.id).where(
        Mailing.account_id == account_id,
        Mailing.state == MailingState.NONE,
        Mailing.form_draft_version > 0,
    )
    return list(session.scalars(statement.order_by(Mailing.id)))


def reports_page(
    session: Session, account_id: int, after: int, limit: int
) -> list[tuple[int, Any]]:
    """(mailing id, report) of mailings that were synchronized, in the order of their ids after `after`."""
    statement = (
        select(Mailing.id, Mailing.report)
        .where(Mailing.account_id == account_id, Mailing.id > after)
        .where(Mailing.last_sync_at.is_not(None))
        .order_by(Mailing.id)
        .limit(limit)
    )
    return [(row.id, row.report) for row in session.execute(statement)]


def _anonymize(session: Session, mailing_id: int, rows: ColumnElement[bool], **more: bytes) -> bool:
    here = and_(Recipient.mailing_id == mailing_id, rows)
    unsent = not _may_have_been_mailed(session.get_one(Mailing, mailing_id))
    if unsent:
        execute_rowcount(
            session, update(Recipient).where(here).values(reason=ExclusionReason.ERASURE)
        )
    blank = {"person_id": "", "name": "", "address": "", "merge_values": {}, "detail": ""}
    execute_rowcount(session, update(Recipient).where(here).values(**blank, **more))
    return unsent


def _may_have_been_mailed(mailing: Mailing) -> bool:
    """Whether MailChimp may have mailed these recipients already; then their reason stays as it is.

    A scheduled mailing has not been sent: MailChimp drops the deleted member from it.
    """
    intended = mailing.send_intent_at is not None and mailing.state != MailingState.SCHEDULED
    return intended or mailing.state in _MAYBE_MAILED


def _mailings(session: Session, account_id: int, rows: ColumnElement[bool]) -> list[int]:
    statement = select(Recipient.mailing_id).where(_of_account(account_id), rows)
    return list(session.execute(statement.distinct()).scalars())


def _of_account(account_id: int) -> ColumnElement[bool]:
    return Recipient.mailing_id.in_(select(Mailing.id).where(Mailing.account_id == account_id))


def _of_person(person: PersonRef) -> ColumnElement[bool]:
    return and_(Recipient.person_kind == person.kind, Recipient.person_id == person.id)


def _salt(session: Session, account_id: int) -> bytes | None:
    statement = select(Account.suppression_salt).where(Account.id == account_id)
    return session.execute(statement).scalar_one()
