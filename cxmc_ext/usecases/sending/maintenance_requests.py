"""What the tick requests by itself: late opt-out checks, orphan sweeps, forwarding, campaign searches."""

import logging
from collections.abc import Collection

from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import accounts, mailings, operations, remote_calls
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import ContactsPayload, Payload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.people import User
from cxmc_ext.domain.rules.days import notifiable_until
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    mailing_scope,
    submit,
)

# Seconds before the scheduled time: when the first late opt-out check is requested, how far the checks
# are apart, and when the last one is. So there are checks 20, 16, 11 and 6 minutes before, the last one
# early enough to build the campaign again.
CHECK_FROM = 20 * 60
CHECK_INTERVAL = 5 * 60
LAST_CHECK = 6 * 60
# A tick that comes late still requests the last check until this many seconds before.
CHECK_UNTIL = 3 * 60
# Age in seconds of a call without an answer: by then it has had whatever effect it has.
SWEEP_AFTER = 3600
SWEEP_WITHIN = 7 * 24 * 3600
# Seconds for which the segment of a sent campaign is kept. MailChimp shows it as a tag of its contacts.
SEGMENT_KEPT = 3600
# Seconds between two looks for people who opted out in the CRM, and for campaigns that can be imported.
FORWARD_EVERY = 3600
COUNT_CAMPAIGNS_EVERY = 24 * 3600
SYSTEM_USER = User("", "MailChimp module")

_NOTHING = Payload()

_log = logging.getLogger(__name__)


def request_due_maintenance(services: Services) -> None:
    """Requests the maintenance that is due in all accounts. A repeat requests nothing twice.

    What is due is found for all accounts at once, so a tick costs the same however many there are. The
    nonces contain colons, which those of a form do not, so no user can take one.
    """
    session = services.session()
    account_refs = accounts.connected(session)
    requests = _due_requests(services, account_refs) if account_refs else {}
    session.commit()
    for account_id, due in requests.items():
        ref = account_refs[account_id]
        try:
            _submit_all(services.for_account(ref), session, due)
        except Exception as error:  # noqa: BLE001 - must not affect the other accounts
            session.rollback()
            _log.error("maintenance of account %s failed: %s", ref, type(error).__name__)


def _submit_all(services: Services, session: Session, requests: list[OperationRequest]) -> None:
    for request in requests:
        try:
            submit(services, request)
        except Conflict as conflict:
            session.rollback()
            _log.info("maintenance of %s waits: %s", request.scope, conflict.problem.code)


def _due_requests(
    services: Services, account_ids: Collection[int]
) -> dict[int, list[OperationRequest]]:
    """Requests that are due and were not made yet, by account."""
    session, now = services.session(), services.clock()
    midnight = notifiable_until(now, services.settings.zone)
    period = (now - SWEEP_WITHIN, now - SWEEP_AFTER)
    accounts_to_sweep = (
        remote_calls.accounts_with_unsettled(session, *period)
        | operations.accounts_with_orphaned_drafts(session, *period)
        | mailings.accounts_with_used_segments(session, now - SEGMENT_KEPT)
    )
    due = [
        _late_opt_out_check(mailing, now)
        for mailing in mailings.scheduled_between(session, now + CHECK_UNTIL, now + CHECK_FROM)
    ]
    due += [
        _once_per_period(OperationKind.ORPHAN_SWEEP, account_id, now // SWEEP_AFTER)
        for account_id in sorted(accounts_to_sweep)
    ]
    for account in accounts.with_maintenance(session, now - COUNT_CAMPAIGNS_EVERY, midnight):
        if account.forwarding_list_id:
            payload = ContactsPayload(list_id=account.forwarding_list_id)
            due.append(
                _once_per_period(
                    OperationKind.FORWARDING, account.id, now // FORWARD_EVERY, payload
                )
            )
        if account.counts_campaigns:
            day = now // COUNT_CAMPAIGNS_EVERY
            due.append(_once_per_period(OperationKind.CAMPAIGN_SEARCH, account.id, day))
        if account.tells_clicks:
            due.append(_once_per_period(OperationKind.DAILY_CLICKS, account.id, midnight))
    due = [request for request in due if request.account_id in account_ids]
    existing = operations.existing_nonces(session, [request.press.nonce for request in due])
    by_account: dict[int, list[OperationRequest]] = {}
    for request in due:
        if request.press.nonce not in existing:
            by_account.setdefault(request.account_id, []).append(request)
    return by_account


def _late_opt_out_check(mailing: Mailing, now: int) -> OperationRequest:
    left = _checks_left(mailing, now)
    nonce = f"late_opt_out_check:{mailing.id}:{mailing.generation}:{mailing.schedule_at}:{left}"
    return OperationRequest(
        press=Press(SYSTEM_USER, nonce),
        kind=OperationKind.LATE_OPT_OUT_CHECK,
        account_id=mailing.account_id,
        scope=mailing_scope(mailing.id),
        mailing_id=mailing.id,
    )


def _once_per_period(
    kind: OperationKind, account_id: int, period: int, payload: Payload = _NOTHING
) -> OperationRequest:
    """Requests work on an account that is done once in each period, which a number identifies."""
    return OperationRequest(
        press=Press(SYSTEM_USER, f"{kind}:{account_id}:{period}"),
        kind=kind,
        account_id=account_id,
        scope=account_scope(account_id, kind),
        payload=payload,
    )


def _checks_left(mailing: Mailing, now: int) -> int:
    seconds_left = (mailing.schedule_at or now) - now
    return (seconds_left - LAST_CHECK + CHECK_INTERVAL) // CHECK_INTERVAL
