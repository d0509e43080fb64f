"""Steps of the upkeep: late opt-outs of a scheduled campaign, and what lost answers left at MailChimp."""

import re

from cxmc_ext.db.queries import calls, mailings, operations
from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.values import MailingState, OperationState, Why
from cxmc_ext.usecases import steps_trial
from cxmc_ext.usecases.ask import mailing_scope
from cxmc_ext.usecases.halt import Halt, Pause, attention
from cxmc_ext.usecases.run import Run
from cxmc_ext.usecases.steps_draft import mark_of
from cxmc_ext.usecases.steps_gone import GONE, LOOK_AGAIN, LOOK_BACK, status_of
from cxmc_ext.usecases.steps_people import late_opt_outs
from cxmc_ext.usecases.steps_segment import attempt_of, name_of, token_of
from cxmc_ext.usecases.steps_send import void
from cxmc_ext.usecases.upkeep import SWEEP_AFTER, SWEEP_WITHIN


def look(run: Run) -> str:
    """Somebody opted out since it was scheduled: it is called back and built anew without them.

    If that cannot be done in time it stays called back, and a person must look.
    """
    if run.mailing.state == MailingState.PREPARING:
        return "segment"
    late = late_opt_outs(run) if run.mailing.state == MailingState.SCHEDULED else {}
    run.save()
    wanted = late or run.payload.get("unscheduled")
    if not wanted or not _call_back(run):
        raise Halt(OperationState.DONE)
    mailings.store(run.session, run.mailing.id, state=MailingState.PREPARING)
    void(run)
    return "segment"


def sweep(run: Run) -> None:
    """Drafts and segments of ours that no row knows of are removed; one that is sent is never touched."""
    now, account_id = run.now, run.account.id
    rows = calls.unsettled(run.session, account_id, now - SWEEP_WITHIN, now - SWEEP_AFTER)
    for row_id, mailing_id, name, at in [(r.id, r.mailing_id or 0, r.call, r.at) for r in rows]:
        if operations.active_of(run.session, mailing_scope(mailing_id)) is not None:
            continue
        if name == "create_campaign":
            clean = _sweep_drafts(run, mailing_id, at)
        else:
            clean = _sweep_segments(run, mailing_id)
        if clean:
            calls.settle(run.session, row_id)
        run.save()
    for trial in operations.litter(run.session, account_id, now - SWEEP_WITHIN, now - SWEEP_AFTER):
        steps_trial.sweep(run, trial)
        run.save()


def _call_back(run: Run) -> bool:
    """Unschedules; False when it is too late."""
    remote_id = run.mailing.remote_id or ""
    status = status_of(run, remote_id)
    if status == GONE:
        raise attention("gone_unknown")
    if status == "schedule":
        if run.payload.get("unscheduled"):
            raise Pause(LOOK_AGAIN, Why("waiting_settle"))
        try:
            run.call(run.api.unschedule, remote_id)
        except Refused:
            if status_of(run, remote_id) == "schedule":
                raise
            return _call_back(run)  # it went out, or somebody called it back, just now
        run.remember(unscheduled=True)
        return _call_back(run)
    return status == "save"


def _sweep_drafts(run: Run, mailing_id: int, at: int) -> bool:
    """Deletes, then looks again; False if even then something lies there: the next sweep comes back.

    It comes back as well while “Try again” may still adopt a draft.
    """
    for _ in range(2):
        found = _left_drafts(run, mailing_id, at)
        for remote_id in found:
            run.call(run.api.delete_campaign, remote_id)
        if not found:
            return not mailings.is_looked_for(mailings.get(run.session, mailing_id))
    return False


def _left_drafts(run: Run, mailing_id: int, at: int) -> list[str]:
    """Only what has our very title: a copy that somebody made of it in MailChimp is theirs."""
    tokens = operations.tokens_of(run.session, mailing_id)
    ours = re.compile(rf"\[({'|'.join(map(re.escape, tokens))})/\d+\]$")
    mailing = mailings.get(run.session, mailing_id)
    known, kept = mailing.remote_id, mark_of(mailing) if mailings.is_looked_for(mailing) else None
    drafts = (
        one
        for one in run.call(run.api.recent_campaigns, at - LOOK_BACK)
        if one.status == "save" and one.id != known and ours.search(one.title)
    )
    return [one.id for one in drafts if kept is None or not one.title.endswith(kept)]


def _sweep_segments(run: Run, mailing_id: int) -> bool:
    """Each attempt had a name of its own; all but the last may be left-overs."""
    mailing = mailings.get(run.session, mailing_id)
    list_id, known = mailing.list_id or run.account.list_id, mailing.segment_name
    tokens = operations.tokens_of(run.session, mailing_id)
    for token in tokens:
        last = attempt_of(known) if token_of(known) == token else 1
        for attempt in range(1, last + 1):
            name = name_of(token, attempt)
            found = run.call(run.api.find_segment, list_id, name) if name != known else None
            if found is not None:
                run.call(run.api.delete_segment, list_id, found.id)
    return True
