"""Steps of the upkeep: late opt-outs of a scheduled campaign, and what lost answers left at MailChimp."""

import re

from cxmc_ext.db.queries import mailings, operations, remote_calls
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import mailing_scope
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation, needs_attention
from cxmc_ext.usecases.sending import test_mail as test_mail_steps
from cxmc_ext.usecases.sending.delivery import clear_intent
from cxmc_ext.usecases.sending.draft import title_marker
from cxmc_ext.usecases.sending.maintenance_requests import SWEEP_AFTER, SWEEP_WITHIN
from cxmc_ext.usecases.sending.recipients import find_late_opt_outs
from cxmc_ext.usecases.sending.remote_status import (
    CHECK_AGAIN_DELAY,
    GONE,
    LIST_MARGIN,
    read_status,
)
from cxmc_ext.usecases.sending.segment import segment_attempt, segment_name, segment_token


def check_late_opt_outs(run: OperationContext) -> str:
    """Somebody opted out since it was scheduled: it is called back and built anew without them.

    If that cannot be done in time it stays called back, and a person must look.
    """
    if run.mailing.state == MailingState.PREPARING:
        return "segment"
    late = find_late_opt_outs(run) if run.mailing.state == MailingState.SCHEDULED else {}
    run.commit()
    wanted = late or run.payload.get("unscheduled")
    if not wanted or not _unschedule(run):
        raise StopOperation(OperationState.DONE)
    mailings.update_columns(run.session, run.mailing.id, state=MailingState.PREPARING)
    clear_intent(run)
    return "segment"


def sweep_orphans(run: OperationContext) -> None:
    """Drafts and segments of ours that no row knows of are removed; one that is sent is never touched."""
    now, account_id = run.now, run.account.id
    rows = remote_calls.unsettled_creations(
        run.session, account_id, now - SWEEP_WITHIN, now - SWEEP_AFTER
    )
    for row_id, mailing_id, name, at in [(r.id, r.mailing_id or 0, r.method, r.at) for r in rows]:
        if operations.get_active(run.session, mailing_scope(mailing_id)) is not None:
            continue
        if name == "create_campaign":
            clean = _sweep_drafts(run, mailing_id, at)
        else:
            clean = _sweep_segments(run, mailing_id)
        if clean:
            remote_calls.settle(run.session, row_id)
        run.commit()
    for trial in operations.orphaned_drafts(
        run.session, account_id, now - SWEEP_WITHIN, now - SWEEP_AFTER
    ):
        test_mail_steps.sweep_draft(run, trial)
        run.commit()


def _unschedule(run: OperationContext) -> bool:
    """Unschedules; False when it is too late."""
    remote_id = run.mailing.remote_id or ""
    status = read_status(run, remote_id)
    if status == GONE:
        raise needs_attention("gone_unknown")
    if status == "schedule":
        if run.payload.get("unscheduled"):
            raise RetryLater(CHECK_AGAIN_DELAY, Problem("waiting_settle"))
        try:
            run.call(run.api.unschedule, remote_id)
        except Refused:
            if read_status(run, remote_id) == "schedule":
                raise
            return _unschedule(run)  # it went out, or somebody called it back, just now
        run.commit_progress(unscheduled=True)
        return _unschedule(run)
    return status == "save"


def _sweep_drafts(run: OperationContext, mailing_id: int, at: int) -> bool:
    """Deletes, then looks again; False if even then something lies there: the next sweep comes back.

    It comes back as well while “Try again” may still adopt a draft.
    """
    for _ in range(2):
        found = _orphaned_drafts(run, mailing_id, at)
        for remote_id in found:
            run.call(run.api.delete_campaign, remote_id)
        if not found:
            return not mailings.has_unconfirmed_draft(mailings.get(run.session, mailing_id))
    return False


def _orphaned_drafts(run: OperationContext, mailing_id: int, at: int) -> list[str]:
    """Only what has our very title: a copy that somebody made of it in MailChimp is theirs."""
    tokens = operations.title_tokens(run.session, mailing_id)
    ours = re.compile(rf"\[({'|'.join(map(re.escape, tokens))})/\d+\]$")
    mailing = mailings.get(run.session, mailing_id)
    known, kept = (
        mailing.remote_id,
        title_marker(mailing) if mailings.has_unconfirmed_draft(mailing) else None,
    )
    drafts = (
        one
        for one in run.call(run.api.recent_campaigns, at - LIST_MARGIN)
        if one.status == "save" and one.id != known and ours.search(one.title)
    )
    return [one.id for one in drafts if kept is None or not one.title.endswith(kept)]


def _sweep_segments(run: OperationContext, mailing_id: int) -> bool:
    """Each attempt had a name of its own; all but the last may be left-overs."""
    mailing = mailings.get(run.session, mailing_id)
    list_id, known = mailing.list_id or run.account.list_id, mailing.segment_name
    tokens = operations.title_tokens(run.session, mailing_id)
    for token in tokens:
        last = segment_attempt(known) if segment_token(known) == token else 1
        for attempt in range(1, last + 1):
            name = segment_name(token, attempt)
            found = run.call(run.api.find_segment, list_id, name) if name != known else None
            if found is not None:
                run.call(run.api.delete_segment, list_id, found.id)
    return True
