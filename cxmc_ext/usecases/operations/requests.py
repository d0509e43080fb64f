"""The asking side of every operation: one row per press, then a nudge. No MailChimp call happens here."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts, mailings, operations
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import OperationKind, OperationState, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import audit

SENDING_KINDS = frozenset(
    {
        OperationKind.SEND,
        OperationKind.SCHEDULE,
        OperationKind.CHECK,
        OperationKind.LATE_OPT_OUT_CHECK,
    }
)
"""The kinds that bring a mailing to MailChimp."""


Begin = Callable[[Session], Problem | None]


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """A press: who, what, on what. An active operation of a kind in `alike` answers it as well."""

    press: Press
    kind: OperationKind
    scope: str
    mailing_id: int | None = None
    payload: dict[str, Json] = field(default_factory=dict)
    equivalent_kinds: frozenset[OperationKind] = frozenset()


def mailing_scope(mailing_id: int) -> str:
    return f"mailing:{mailing_id}"


def account_scope(account_id: int, kind: OperationKind) -> str:
    return f"account:{account_id}:{kind}"


def active_account(services: Services) -> Account:
    """The account, if the module is in use.

    :raises Conflict: not_active.
    """
    account = accounts.get_or_create(services.session(), services.account_ref)
    if account.state == AccountState.INACTIVE:
        raise Conflict(Problem("not_active"))
    return account


def existing_operation(session: Session, request: OperationRequest) -> int | None:
    """The operation that answers this press already: same nonce, or the same thing is under way.

    :raises Conflict: nonce_reused, or busy with something else.
    """
    press = request.press
    replayed = operations.by_nonce(session, press.nonce) if press.nonce else None
    if replayed is not None:
        if replayed.scope != request.scope:
            raise Conflict(Problem("nonce_reused"))
        return replayed.id
    active = operations.get_active(session, request.scope)
    if active is None:
        return None
    if active.kind != request.kind and active.kind not in request.equivalent_kinds:
        raise Conflict(Problem("busy"))
    return active.id


def submit(services: Services, request: OperationRequest, begin: Begin | None = None) -> int:
    """Writes the operation in one transaction with `begin`, which moves what it concerns, and nudges.

    Safe to repeat and to race: the UNIQUE nonce and the one active operation per scope decide.

    :param begin: returns why the state does not allow it, or None.
    :raises Conflict: what `begin` or `known` says.
    """
    session = services.session()
    found = existing_operation(session, request)
    if found is None:
        found = _write(services, session, request, begin)
    session.commit()
    services.queue.nudge_operation(found)
    return found


def _write(
    services: Services, session: Session, request: OperationRequest, begin: Begin | None
) -> int:
    try:
        refused = begin(session) if begin else None
        if refused is None:
            return insert_operation(services, session, request)
    except IntegrityError:
        refused = Problem("busy")
    session.rollback()
    faster = existing_operation(session, request)
    if faster is None:
        raise Conflict(refused)
    return faster


def insert_operation(
    services: Services,
    session: Session,
    request: OperationRequest,
    state: OperationState = OperationState.QUEUED,
) -> int:
    """The row alone; whoever needs no worker writes it as done. The caller commits."""
    account = accounts.get_or_create(session, services.account_ref)
    now, mailing_id = services.clock(), request.mailing_id
    operation = Operation(
        account_id=account.id,
        mailing_id=mailing_id,
        generation=mailings.get(session, mailing_id).generation if mailing_id else 0,
        kind=request.kind,
        scope=request.scope,
        nonce=request.press.nonce or secrets.token_hex(16),
        title_token=secrets.token_hex(8),
        state=state,
        ended_at=None if state == OperationState.QUEUED else now,
        payload=dict(request.payload),
        actor_id=request.press.actor.id,
        actor_name=request.press.actor.name[:200],
        epoch=account.epoch,
        remote_account_id=account.remote_account_id,
        deadline=now + services.settings.give_up_after,
        code_version=operations.CODE_VERSION,
        created_at=now,
    )
    session.add(operation)
    session.flush()
    audit.log(
        services,
        account.id,
        request.kind,
        request.press.actor,
        mailing_id=mailing_id,
        operation_id=operation.id,
    )
    return operation.id


def connected_account(services: Services) -> Account:
    """The account, if MailChimp may be called for it.

    :raises Conflict: not_active, no_key, or key_refused.
    """
    account = active_account(services)
    if not account.sealed_key:
        raise Conflict(Problem("no_key"))
    if account.key_refused:
        raise Conflict(Problem("key_refused"))
    return account
