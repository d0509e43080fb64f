"""Stores what a user requested: one row per press, then a nudge for a worker. Makes no MailChimp call."""

import secrets
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import Payload
from cxmc_ext.domain.operations import OperationKind, OperationState, Press, spec_of
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.transitions import Transition
from cxmc_ext.usecases.shared import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """An operation that is to be stored.

    Attributes:
        press: Who requests it; its nonce makes a repeat harmless.
        kind: What is requested.
        account_id: The account it belongs to.
        scope: What it works on; only one operation per scope is active at a time.
        mailing_id: The mailing it works on, if any.
        audited_mailing_id: The mailing that the audit names, if it works on none.
        payload: What the steps need to know.
        equivalent_kinds: Active operations of these kinds answer the press as well.
        transition: What the press changes at once.
        audited_choice: A choice made with the press that gets an audit entry of its own.
        subject: What else it concerns, for the audit.
    """

    press: Press
    kind: OperationKind
    account_id: int
    scope: str
    mailing_id: int | None = None
    audited_mailing_id: int | None = None
    payload: Payload = Payload()  # noqa: RUF009 - frozen
    equivalent_kinds: frozenset[OperationKind] = frozenset()
    transition: Transition | None = None
    audited_choice: AuditAction | None = None
    subject: str = ""


def mailing_scope(mailing_id: int) -> str:
    """The scope of operations on a mailing: at most one of them is active."""
    return f"mailing:{mailing_id}"


def account_scope(account_id: int, kind: OperationKind) -> str:
    """The scope of a kind of operation on an account: at most one of them is active."""
    return f"account:{account_id}:{kind}"


def active_account(services: Services) -> Account:
    """Returns the account of these services, unless the module is inactive.

    Raises:
        Conflict: not_active.
    """
    account = accounts.get_or_create(services.session(), services.account_ref)
    if account.state in {AccountState.INACTIVE, AccountState.DEACTIVATING}:
        raise Conflict(Problem("not_active"))
    return account


def connected_account(services: Services) -> Account:
    """Returns the account of these services, if it has an API key that MailChimp accepts.

    Raises:
        Conflict: not_active, no_key, or key_refused.
    """
    account = active_account(services)
    if not account.sealed_key:
        raise Conflict(Problem("no_key"))
    if account.key_refused:
        raise Conflict(Problem("key_refused"))
    return account


def sending_account(services: Services) -> Account:
    """Returns the account of these services, if it may send.

    Raises:
        Conflict: not_active, no_key, key_refused, or sending_stopped.
    """
    account = connected_account(services)
    require_sending(account)
    return account


def require_sending(account: Account) -> None:
    """Checks that an administrator has not stopped all sending.

    Raises:
        Conflict: sending_stopped.
    """
    if account.sending_stopped_at is not None:
        raise Conflict(Problem("sending_stopped"))


def submit(services: Services, request: OperationRequest) -> int:
    """Stores an operation together with its transition, commits, and nudges a worker.

    It may be repeated, and any number of presses may race: the unique nonce and the unique active
    operation per scope leave one of them, which answers all.

    Returns:
        The id of the operation: a new one, or the one that answers this press already.

    Raises:
        Conflict: The transition does not allow it, nonce_reused, or busy.
    """
    session = services.session()
    operation_id = existing_operation(session, request)
    if operation_id is None:
        operation_id = _store_or_find(services, session, request)
    session.commit()
    services.queue.nudge_operation(operation_id)
    return operation_id


def existing_operation(session: Session, request: OperationRequest) -> int | None:
    """Finds the operation that answers a press already: of the same nonce, or active for the same thing.

    Raises:
        Conflict: nonce_reused (for another scope), or busy (another kind is active in this scope).
    """
    nonce = request.press.nonce
    repeated = operations.by_nonce(session, nonce) if nonce else None
    if repeated is not None:
        if repeated.scope != request.scope:
            raise Conflict(Problem("nonce_reused"))
        return repeated.id
    active = operations.get_active(session, request.scope)
    if active is None:
        return None
    if active.kind != request.kind and active.kind not in request.equivalent_kinds:
        raise Conflict(Problem("busy"))
    return active.id


def insert_operation(
    services: Services,
    session: Session,
    request: OperationRequest,
    state: OperationState = OperationState.QUEUED,
) -> int:
    """Adds the row of an operation and its audit entry. The caller commits.

    Args:
        services: The services of the account.
        session: The Host's database session.
        request: What to store. Its transition is not applied here.
        state: A final state for an operation that needs no worker.

    Returns:
        The id of the operation.
    """
    # Read again: the transition may have changed the account's epoch behind the session's back.
    account = session.get_one(Account, request.account_id, populate_existing=True)
    now, press, mailing_id = services.clock(), request.press, request.mailing_id
    operation = Operation(
        account_id=account.id,
        mailing_id=mailing_id,
        generation=mailings.get(session, mailing_id).generation if mailing_id else 0,
        kind=request.kind,
        scope=request.scope,
        nonce=press.nonce or secrets.token_hex(16),
        title_token=secrets.token_hex(8),
        state=state,
        ended_at=None if state is OperationState.QUEUED else now,
        payload=request.payload.to_json(),
        actor_id=press.actor.id,
        actor_name=press.actor.name[:200],
        epoch=account.epoch,
        remote_account_id=account.remote_account_id,
        deadline=now + services.settings.give_up_after,
        code_version=operations.CODE_VERSION,
        created_at=now,
    )
    session.add(operation)
    session.flush()
    kind = request.kind if spec_of(request.kind).is_audited else None
    for action in filter(None, (request.audited_choice, kind)):
        audit.log(
            services,
            account.id,
            action,
            press.actor,
            mailing_id=mailing_id or request.audited_mailing_id,
            operation_id=operation.id,
            subject=request.subject,
        )
    return operation.id


def _store_or_find(services: Services, session: Session, request: OperationRequest) -> int:
    """Stores the operation, or finds the one of another press that was faster."""
    try:
        refusal = request.transition.apply(session) if request.transition else None
        if refusal is None:
            return insert_operation(services, session, request)
    except IntegrityError:
        refusal = Problem("busy")
    session.rollback()
    faster_id = existing_operation(session, request)
    if faster_id is None:
        raise Conflict(refusal)
    return faster_id
