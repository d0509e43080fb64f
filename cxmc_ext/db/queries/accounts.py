"""Queries on accounts: activation, the stored API key, back-off, and the lock of the send intent."""

from typing import Any, NamedTuple

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import notices
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.contacts import OptOutForwarding
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.notices import NoticeKind


class MaintainedAccount(NamedTuple):
    """What the tick requests for an account."""

    id: int
    forwarding_list_id: str
    """The audience to which opt-outs of the CRM are forwarded; "" for none."""
    counts_campaigns: bool
    """The campaigns that can be imported are to be counted again."""
    tells_clicks: bool
    """Users are to be told who clicked the day before."""


def get_or_create(session: Session, ref: str) -> Account:
    """Returns the account with this name, creating it at first use. Commits when it has to create it.

    Args:
        session: The host's session.
        ref: Name of the account in the host.

    Raises:
        SetupError: `ref` is empty: the host has several accounts, and none was named.
    """
    if not ref:
        raise SetupError("There are several accounts, and none was named.")
    account = _find(session, ref)
    if account is not None:
        return account
    # SQLite refuses to turn a reading transaction into a writing one when others wrote meanwhile
    # (SQLITE_BUSY_SNAPSHOT, https://sqlite.org/isolation.html): begin a new one.
    session.commit()
    try:
        session.add(Account(ref=ref))
        session.commit()
    except IntegrityError:
        session.rollback()  # somebody else created it first
    return session.execute(select(Account).where(Account.ref == ref)).scalar_one()


def get_or_transient(session: Session, ref: str) -> Account:
    """Returns the account with this name, or a new one that is not stored: for pages that only read."""
    new = {"state": AccountState.INACTIVE, "sync_paused": False, "key_refused": False}
    texts = dict.fromkeys(
        (
            "key_datacenter",
            "key_tail",
            "remote_account_id",
            "remote_account_name",
            "list_id",
            "list_name",
            "sending_stopped_by",
            "webhook_id",
        ),
        "",
    )
    return _find(session, ref) or Account(ref=ref, **new, **texts)


def all_refs(session: Session) -> list[str]:
    """The names of all accounts, oldest first."""
    return list(session.execute(select(Account.ref).order_by(Account.id)).scalars())


def any_active(session: Session) -> bool:
    """Whether the module is active, or becoming so, for any account."""
    active = select(Account.id).where(Account.state != AccountState.INACTIVE).limit(1)
    return session.scalar(active) is not None


def ref_of(session: Session, account_id: int) -> str:
    """The name of an account."""
    return session.execute(select(Account.ref).where(Account.id == account_id)).scalar_one()


def connected(session: Session) -> dict[int, str]:
    """Accounts that are active and have a usable API key, as {id: name}."""
    usable = (Account.sealed_key.is_not(None), Account.key_refused.is_(False))
    statement = select(Account.id, Account.ref).where(Account.state == AccountState.ACTIVE, *usable)
    return {row.id: row.ref for row in session.execute(statement.order_by(Account.id))}


def with_maintenance(
    session: Session, counted_before: int, notified_before: int
) -> list[MaintainedAccount]:
    """The accounts for which anything is due: neither counting nor telling before they are connected.

    Args:
        session: The database session.
        counted_before: Campaigns are counted again if they were counted before this time.
        notified_before: Clicks are told if they were told up to an earlier midnight.
    """
    audience = case((Account.opt_out_forwarding != OptOutForwarding.OFF, Account.list_id), else_="")
    counts = func.coalesce(Account.campaigns_read_at, counted_before) < counted_before
    tells = func.coalesce(Account.clicks_notified_until, notified_before) < notified_before
    statement = select(Account.id, audience, counts, tells).where(
        or_(audience != "", counts, tells)
    )
    rows = session.execute(statement.order_by(Account.id))
    return [MaintainedAccount(row[0], row[1], bool(row[2]), bool(row[3])) for row in rows]


def get(session: Session, account_id: int) -> Account:
    """The account with this id."""
    return session.get_one(Account, account_id)


def start_activation(session: Session, account_id: int, now: int, by: str) -> bool:
    """inactive → activating. Returns False when it was not inactive."""
    return _move(session, account_id, (AccountState.INACTIVE,), AccountState.ACTIVATING, now, by)


def start_deactivation(session: Session, account_id: int, now: int, by: str) -> bool:
    """activating or active → deactivating. Returns False when it was neither."""
    states = (AccountState.ACTIVATING, AccountState.ACTIVE)
    return _move(session, account_id, states, AccountState.DEACTIVATING, now, by)


def cancel_deactivation(session: Session, account_id: int) -> None:
    """deactivating → active: something could not be unscheduled."""
    statement = update(Account).where(
        Account.id == account_id, Account.state == AccountState.DEACTIVATING
    )
    execute_rowcount(session, statement.values(state=AccountState.ACTIVE))


def deactivate(session: Session, account_id: int, now: int, by: str) -> bool:
    """Any other state → inactive. Returns False when it was inactive already."""
    states = (AccountState.ACTIVATING, AccountState.ACTIVE, AccountState.DEACTIVATING)
    return _move(session, account_id, states, AccountState.INACTIVE, now, by)


def finish_activation(session: Session, account_id: int, epoch: int) -> bool:
    """activating → active. Returns False when it was deactivated since `epoch`."""
    states = (AccountState.ACTIVATING, AccountState.ACTIVE)
    statement = (
        update(Account)
        .where(Account.id == account_id, Account.epoch == epoch)
        .where(Account.state.in_(states))
        .values(state=AccountState.ACTIVE)
    )
    return execute_rowcount(session, statement) == 1


def lock(session: Session, account_id: int) -> None:
    """Locks the account until the commit.

    Taken by the send intent and by whoever writes opt-outs, so that an opt-out is either seen by the last
    check before sending or comes after it.
    """
    execute_rowcount(
        session,
        update(Account)
        .where(Account.id == account_id)
        .values(lock_counter=Account.lock_counter + 1),
    )


def lock_for_sending(session: Session, account_id: int) -> bool:
    """The same, unless all sending is stopped: then returns False and locks nothing.

    `stop_sending` takes the same lock, so a send is either refused here or began before the stop.
    """
    allowed = (Account.id == account_id, Account.sending_stopped_at.is_(None))
    statement = update(Account).where(*allowed).values(lock_counter=Account.lock_counter + 1)
    return execute_rowcount(session, statement) == 1


def stop_sending(session: Session, account_id: int, at: int, by: str) -> None:
    """Stops all sending and locks the account. A repeat keeps who stopped it first, and when."""
    is_allowed = Account.sending_stopped_at.is_(None)
    statement = update(Account).where(Account.id == account_id)
    execute_rowcount(
        session,
        statement.values(
            lock_counter=Account.lock_counter + 1,
            sending_stopped_at=case((is_allowed, at), else_=Account.sending_stopped_at),
            sending_stopped_by=case((is_allowed, by), else_=Account.sending_stopped_by),
        ),
    )


def allow_sending(session: Session, account_id: int) -> bool:
    """Allows sending again and locks the account. Returns False when it was not stopped."""
    stopped = (Account.id == account_id, Account.sending_stopped_at.is_not(None))
    statement = update(Account).where(*stopped)
    values = {"sending_stopped_at": None, "sending_stopped_by": ""}
    return execute_rowcount(session, statement.values(**values)) == 1


def update_columns(session: Session, account_id: int, **values: Any) -> None:
    """Sets columns of the account. The caller commits."""
    execute_rowcount(session, update(Account).where(Account.id == account_id).values(**values))


def update_if_key_unchanged(session: Session, account_id: int, sealed: str, **values: Any) -> bool:
    """Stores what was read with an API key, unless another key has replaced it meanwhile.

    Args:
        session: The host's session.
        account_id: The account.
        sealed: The encrypted key it was read with.
        values: Columns to set.

    Returns:
        Whether it was stored.
    """
    read = update(Account).where(Account.id == account_id, Account.sealed_key == sealed)
    return execute_rowcount(session, read.values(**values)) == 1


def mark_key_refused(session: Session, account_id: int, sealed: str) -> None:
    """Records that MailChimp answered 401 to this key; a key that replaced it stays in use."""
    statement = update(Account).where(
        Account.id == account_id, Account.sealed_key == sealed, Account.key_refused.is_(False)
    )
    if execute_rowcount(session, statement.values(key_refused=True)):
        notices.add(session, account_id, NoticeKind.KEY_REFUSED)


def back_off(session: Session, account_id: int, until: int) -> None:
    """Stops all calls for this account until a time; never shortens a longer wait."""
    statement = (
        update(Account)
        .where(Account.id == account_id, Account.back_off_until < until)
        .values(back_off_until=until)
    )
    execute_rowcount(session, statement)


def _find(session: Session, ref: str) -> Account | None:
    return session.execute(select(Account).where(Account.ref == ref)).scalar_one_or_none()


def _move(
    session: Session,
    account_id: int,
    states: tuple[AccountState, ...],
    state: AccountState,
    now: int,
    by: str,
) -> bool:
    statement = (
        update(Account)
        .where(Account.id == account_id, Account.state.in_(states))
        .values(state=state, epoch=Account.epoch + 1, state_changed_at=now, state_changed_by=by)
    )
    return execute_rowcount(session, statement) == 1
