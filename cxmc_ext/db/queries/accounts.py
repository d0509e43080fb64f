"""Statements on accounts: the one row of a tenant, activation, the guard, the stored key."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.errors import SetupError


def get_or_create(session: Session, ref: str) -> Account:
    """A tenant's account; made at first need, by whoever comes first.

    :raises SetupError: "" is nobody's: a CRM with tenants acts for one of them at a time.
    """
    if not ref:
        raise SetupError("There are several accounts, and none was named.")
    found = _find(session, ref)
    if found is not None:
        return found
    session.commit()  # a reader that turns writer half-way fails on SQLite when others wrote
    try:
        session.add(Account(ref=ref))
        session.commit()
    except IntegrityError:
        session.rollback()
    return session.execute(select(Account).where(Account.ref == ref)).scalar_one()


def get_or_transient(session: Session, ref: str) -> Account:
    """An account as it is; one that nobody needed yet is shown as a new one and not made."""
    new = {"state": AccountState.INACTIVE, "sync_paused": False, "key_refused": False}
    texts = dict.fromkeys(
        (
            "key_datacenter",
            "key_tail",
            "remote_account_id",
            "remote_account_name",
            "list_id",
            "list_name",
        ),
        "",
    )
    return _find(session, ref) or Account(ref=ref, **new, **texts)


def all_refs(session: Session) -> list[str]:
    """Of every account there is, in the order they came."""
    return list(session.execute(select(Account.ref).order_by(Account.id)).scalars())


def ref_of(session: Session, account_id: int) -> str:
    return session.execute(select(Account.ref).where(Account.id == account_id)).scalar_one()


def connected(session: Session) -> dict[int, str]:
    """Id to ref of the accounts that are active and have a key MailChimp has not refused."""
    usable = (Account.sealed_key.is_not(None), Account.key_refused.is_(False))
    statement = select(Account.id, Account.ref).where(Account.state == AccountState.ACTIVE, *usable)
    return {row.id: row.ref for row in session.execute(statement.order_by(Account.id))}


def get(session: Session, account_id: int) -> Account:
    return session.get_one(Account, account_id)


def start_activation(session: Session, account_id: int, now: int, by: str) -> bool:
    """inactive → activating; False when somebody did it before."""
    return _move(session, account_id, (AccountState.INACTIVE,), AccountState.ACTIVATING, now, by)


def deactivate(session: Session, account_id: int, now: int, by: str) -> bool:
    states = (AccountState.ACTIVATING, AccountState.ACTIVE)
    return _move(session, account_id, states, AccountState.INACTIVE, now, by)


def finish_activation(session: Session, account_id: int, epoch: int) -> bool:
    """activating → active, unless it was deactivated since `epoch`."""
    statement = (
        update(Account)
        .where(Account.id == account_id, Account.epoch == epoch)
        .where(Account.state != AccountState.INACTIVE)
        .values(state=AccountState.ACTIVE)
    )
    return execute_rowcount(session, statement) == 1


def lock(session: Session, account_id: int) -> None:
    """Held until the commit by the send intent and by our opt-out writes: one waits for the other."""
    execute_rowcount(
        session,
        update(Account)
        .where(Account.id == account_id)
        .values(lock_counter=Account.lock_counter + 1),
    )


def update_columns(session: Session, account_id: int, **values: Any) -> None:
    execute_rowcount(session, update(Account).where(Account.id == account_id).values(**values))


def update_if_key_unchanged(session: Session, account_id: int, sealed: str, **values: Any) -> bool:
    """What was read with this key; False, and not stored, when another one was taken meanwhile."""
    read = update(Account).where(Account.id == account_id, Account.sealed_key == sealed)
    return execute_rowcount(session, read.values(**values)) == 1


def mark_key_refused(session: Session, account_id: int, sealed: str) -> None:
    """MailChimp answered 401 to this key; another one that was taken meanwhile stays in use."""
    update_if_key_unchanged(session, account_id, sealed, key_refused=True)


def back_off(session: Session, account_id: int, until: int) -> None:
    """Nobody calls MailChimp for this account before `until`; never shortens a longer wait."""
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
