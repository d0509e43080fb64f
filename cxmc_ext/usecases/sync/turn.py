"""One sync turn of one mailing, step by step from claim to release."""

import secrets

from cxmc_ext.db.queries import sync_due, sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.errors import Conflict, LostLease, MailChimpError, SetupError
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import worker_allocation
from cxmc_ext.usecases.sync.change_check import check_for_changes
from cxmc_ext.usecases.sync.context import EndTurn, TurnContext, TurnEnd
from cxmc_ext.usecases.sync.report import import_report
from cxmc_ext.usecases.sync.schedule import (
    postponed,
    postponed_by,
    postponed_by_failure,
    retry_delay,
)
from cxmc_ext.usecases.sync.sent_mail import keep_mail
from cxmc_ext.usecases.sync.status import follow_status
from cxmc_ext.usecases.sync.unsubscribes import import_unsubscribes


def run(services: Services, mailing_id: int, requested: bool = False) -> None:
    """Runs one sync turn of a mailing, if it is due and no other worker has it.

    Whatever fails is stored as the mailing's problem and repeated later, never raised: otherwise every
    tick would begin the same turn again. Only a database that does not answer lets the turn fail; its lease
    ends by itself.

    Args:
        services: Those of any account.
        mailing_id: The mailing.
        requested: Somebody wants the turn now, whether the mailing is due or not.
    """
    turn = claim(services, mailing_id, requested)
    if turn is None:
        return
    context = TurnContext(services, turn)
    try:
        context = TurnContext(services.for_account(turn.account_ref), turn)
        context.session.commit()  # the Host may have read something to find the account
        release(context, _run_steps(context))
    except LostLease:
        context.session.rollback()
    except Exception as error:  # noqa: BLE001 - recorded, so that it is shown and backed off
        _release_failed(context, error)


def _release_failed(context: TurnContext, error: Exception) -> None:
    context.session.rollback()
    try:
        release(context, postponed_by_failure(context, error))
    except LostLease:
        context.session.rollback()


def _run_steps(context: TurnContext) -> TurnEnd:
    """The steps between claim and release. A step that leaves nothing to do raises `EndTurn`."""
    try:
        _connect(context)
        follow_status(context)
        keep_mail(context)
        changes = check_for_changes(context)
        import_unsubscribes(context, changes)
        return import_report(context, changes)
    except EndTurn as early:
        return early.end
    except Conflict as error:  # opt-outs could not be written: nothing of this batch is stored
        context.session.rollback()
        return postponed(context, error.problem, retry_delay(context))
    except MailChimpError as error:
        context.session.rollback()
        return postponed_by(context, error)


def claim(services: Services, mailing_id: int, requested: bool) -> SyncTurn | None:
    """Takes a worker and the mailing's lease, and commits.

    Returns:
        The turn, or None if the account may not have another worker now, the mailing is not due, or
        another worker has it.
    """
    session, now = services.session(), services.clock()
    account_id = sync_due.account_of(session, mailing_id)
    if requested:
        sync_turns.request_now(session, mailing_id, now)
        # Waiting for a worker while holding the mailing's row could end in a deadlock.
        session.commit()
    if account_id is None or not worker_allocation.acquire_worker(services, account_id):
        sync_due.reschedule(session, mailing_id, now)
        session.commit()
        return None
    turn = sync_turns.claim(session, mailing_id, secrets.token_hex(8), now)
    session.commit()
    return turn


def release(context: TurnContext, end: TurnEnd) -> None:
    """Stores how the turn ended, gives up its lease, and commits.

    Raises:
        LostLease: Another worker has the turn; nothing is stored.
    """
    context.write_audit()
    sync_turns.finish(context.session, context.turn, end.next_sync_at, **end.values)
    context.session.commit()


def _connect(context: TurnContext) -> None:
    try:
        context.connect()
    except SetupError:
        problem = Problem("key_unreadable")
        raise EndTurn(postponed(context, problem, retry_delay(context))) from None
