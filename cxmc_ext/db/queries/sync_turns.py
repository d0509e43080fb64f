"""Sync turns: which worker reads a mailing, until when, and what it stores in the end.

A turn is a lease in the mailing's row that is compared with the database's clock. Only the worker that
claimed a mailing moves its `next_sync_at`; if “Update now” is pressed during a turn, that time stays.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import ColumnElement, case, exists, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.clock import db_now
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import mailings, notices
from cxmc_ext.db.queries.sync_due import CLAIM_SECONDS, is_syncable
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import LostLease
from cxmc_ext.domain.operations import ACTIVE_STATES
from cxmc_ext.domain.rules.sync_intervals import age_origin

LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SyncTurn:
    """What a worker knows of the mailing it reads, as of the claim. Times are Unix seconds."""

    mailing_id: int
    account_id: int
    account_ref: str
    token: str
    """The lease of this turn."""
    epoch: int
    """Of the account; it changes when the module is deactivated."""
    claimed_next_sync_at: int
    """`next_sync_at` as the claim left it."""
    remote_id: str
    title: str
    state: str
    remote_status: str
    remote_created_at: int | None
    schedule_at: int | None
    sent_at: int | None
    sync_interval_index: int
    events_cursor: int | None
    report_fingerprint: str
    sync_failures: int
    count_differences: dict[str, Any]
    counts: dict[str, Any]
    report: dict[str, Any]
    mail_due: bool
    resend_of_id: int | None
    resend_id: int | None
    list_id: str
    """The account's audience."""
    own_list_id: str
    """The audience that the campaign was sent to; "" if it is not known."""
    change_checked_at: int
    unsubscribes_cursor: int
    sealed_key: str = field(repr=False)

    @property
    def age_origin(self) -> int:
        """The time from which the mailing's age counts."""
        return age_origin(self.remote_created_at, self.schedule_at, self.sent_at)

    @property
    def reporting_list_id(self) -> str:
        """The audience that the campaign's report tells about."""
        return self.own_list_id or self.list_id


_FROM_ACCOUNT = ("epoch", "list_id", "change_checked_at", "unsubscribes_cursor", "sealed_key")
_TURN_COLUMNS = (
    Mailing.id.label("mailing_id"),
    Account.ref.label("account_ref"),
    Mailing.next_sync_at.label("claimed_next_sync_at"),
    Mailing.campaign_title.label("title"),
    Mailing.list_id.label("own_list_id"),
    *(getattr(Account, name) for name in _FROM_ACCOUNT),
    *(
        getattr(Mailing, field.name)
        for field in fields(SyncTurn)
        if field.name not in _FROM_ACCOUNT and hasattr(Mailing, field.name)
    ),
)


def claim(session: Session, mailing_id: int, token: str, now: int) -> SyncTurn | None:
    """Takes the turn of a mailing. The caller commits.

    Args:
        session: The database session.
        mailing_id: The mailing.
        token: A new random token for the lease.
        now: The current time, in Unix seconds.

    Returns:
        The turn, or None if the mailing is not due, somebody else has its turn, or its account may not be
        called.
    """
    is_allowed = exists().where(Account.id == Mailing.account_id, *is_syncable(now))
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.next_sync_at <= now + CLAIM_SECONDS)
        .where(Mailing.remote_id.is_not(None), Mailing.sync_lease_until < db_now(), is_allowed)
        .values(
            sync_lease_token=token,
            sync_lease_until=db_now() + LEASE_SECONDS,
            next_sync_at=now + CLAIM_SECONDS,
        )
    )
    return load(session, mailing_id, token) if execute_rowcount(session, statement) else None


def load(session: Session, mailing_id: int, token: str) -> SyncTurn:
    """Reads the row of a claimed mailing as it is now.

    Raises:
        LostLease: The turn does not have this token anymore.
    """
    row = session.execute(
        select(*_TURN_COLUMNS)
        .join(Account, Account.id == Mailing.account_id)
        .where(Mailing.id == mailing_id, Mailing.sync_lease_token == token)
    ).one_or_none()
    if row is None:
        raise LostLease
    return SyncTurn(token=token, **row._mapping)


def extend(session: Session, turn: SyncTurn) -> None:
    """Locks the mailing's row and extends the lease: the first statement of a turn's transactions.

    Raises:
        LostLease: Another worker has the turn, or the module was deactivated.
    """
    is_active = exists().where(
        Account.id == turn.account_id,
        Account.epoch == turn.epoch,
        Account.state == AccountState.ACTIVE,
    )
    statement = (
        update(Mailing)
        .where(_is_held(turn), is_active)
        .values(sync_lease_until=db_now() + LEASE_SECONDS)
    )
    if not execute_rowcount(session, statement):
        raise LostLease


def finish(session: Session, turn: SyncTurn, next_at: int | None, **values: Any) -> None:
    """Gives up the lease and stores the result of a turn. The caller commits.

    Args:
        session: The database session.
        turn: The turn.
        next_at: When the mailing is due again; ignored if “Update now” was pressed during the turn.
        **values: Columns of the mailing.

    Raises:
        LostLease: Another worker has the turn.
    """
    is_unchanged = Mailing.next_sync_at == turn.claimed_next_sync_at
    statement = (
        update(Mailing)
        .where(_is_held(turn))
        .values(
            sync_lease_token="",
            sync_lease_until=0.0,
            next_sync_at=case((is_unchanged, next_at), else_=Mailing.next_sync_at),
            **values,
        )
    )
    if not execute_rowcount(session, statement):
        raise LostLease


def update_state(session: Session, turn: SyncTurn, state: MailingState, **values: Any) -> bool:
    """Changes the state of the turn's mailing. The caller commits.

    Returns:
        False if an operation is working on the mailing, or its state has changed since the claim; nothing
        is changed then.
    """
    is_busy = exists().where(
        Operation.mailing_id == turn.mailing_id, Operation.state.in_(ACTIVE_STATES)
    )
    statement = (
        update(Mailing)
        .where(_is_held(turn), Mailing.state == turn.state, ~is_busy)
        .values(**mailings.with_mail_due({"state": state, **values}))
    )
    is_updated = execute_rowcount(session, statement) == 1
    if is_updated and state != turn.state:
        notices.add_state(session, turn.mailing_id, state, is_set=True)
    return is_updated


def request_now(session: Session, mailing_id: int, now: int) -> None:
    """Makes a mailing due at once, and its account's change check too. The caller commits."""
    # The account is updated first, because opt-outs lock it before a mailing: no deadlock.
    account_id = select(Mailing.account_id).where(Mailing.id == mailing_id).scalar_subquery()
    account = update(Account).where(Account.id == account_id)
    execute_rowcount(session, account.values(change_checked_at=0))
    mailings.update_columns(session, mailing_id, next_sync_at=now)


def _is_held(turn: SyncTurn) -> ColumnElement[bool]:
    return (
        (Mailing.id == turn.mailing_id)
        & (Mailing.sync_lease_token == turn.token)
        & (Mailing.remote_id == turn.remote_id)
    )
