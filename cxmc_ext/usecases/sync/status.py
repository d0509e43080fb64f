"""Follows the status of a campaign at MailChimp: sent, rescheduled, canceled or deleted there by hand."""

from dataclasses import replace
from functools import partial
from typing import Any

from cxmc_ext.db.queries import sync_turns
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.mailchimp import RemoteCampaign
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules import mailchimp_status, sync_intervals
from cxmc_ext.domain.rules.mailchimp_status import REPORT_STATES
from cxmc_ext.domain.rules.schedule_times import MAX_AHEAD
from cxmc_ext.domain.rules.sync_intervals import next_check_at
from cxmc_ext.usecases.sync.context import EndTurn, TurnContext, TurnEnd
from cxmc_ext.usecases.sync.schedule import next_interval, succeeded, warnings_of

# Seconds until the next look at a mailing that an operation is working on.
_RETRY_WHILE_BUSY = 60
# Seconds until the next look for the report of a campaign that was sent within the last hour.
_RETRY_FRESH_REPORT = 60

# States that a draft at MailChimp contradicts.
_UNDER_WAY = (MailingState.SCHEDULED, MailingState.SENDING)
_DELETED = (MailingState.ATTENTION, (Problem("deleted_there"),))


def follow_status(context: TurnContext) -> None:
    """Updates a mailing from its campaign's status (`GET /campaigns/{id}`), unless that is final.

    Args:
        context: Its turn is replaced if the campaign has been sent, or cancelled while it was sent, since.

    Raises:
        EndTurn: There is no report to read: the campaign is not sent, not there anymore, or has a status
            that is not known here. An unknown status changes nothing.
        LostLease: Another worker has the turn.
        MailChimpError: The call failed.
    """
    turn = context.turn
    if turn.state in REPORT_STATES and turn.remote_status != mailchimp_status.CANCELING:
        return
    campaign = _read_campaign(context)
    context.extend_lease()
    facts = _facts(context, campaign)
    state, problems = _state_of(context, campaign)
    updated = _update_state(context, state, problems, facts)
    if updated and state in REPORT_STATES:
        context.write_audit()
        context.session.commit()
        context.turn = replace(
            turn,
            state=state,
            remote_status=campaign.status,
            mail_due=turn.mail_due or state == MailingState.SENT,
            sent_at=facts.get("sent_at", turn.sent_at),
        )
        return
    next_sync_at = _next_sync_at(context, state, facts, updated)
    warnings = warnings_of(context, *_status_warnings(campaign))
    is_scheduled = updated and state == MailingState.SCHEDULED
    found = _compare_with_crm(context) if is_scheduled else {}
    raise EndTurn(succeeded(context, next_sync_at, sync_warnings=warnings, **found))


def _compare_with_crm(context: TurnContext) -> dict[str, Any]:
    # Imported here, because only scheduled campaigns need it and it takes a sixth of the start.
    from cxmc_ext.usecases.sync.crm import compare_with_crm  # noqa: PLC0415

    return compare_with_crm(context)


def without_report(context: TurnContext) -> TurnEnd:
    """Ends the turn of a campaign without a report: deleted at MailChimp, sent just now, or cancelled first.

    Raises:
        EndTurn: The campaign was deleted.
        MailChimpError: The call failed.
    """
    _read_campaign(context)
    sent_at, now = context.turn.sent_at, context.started_at
    is_fresh = sent_at is not None and now - sent_at < sync_intervals.HOUR
    return succeeded(context, now + _RETRY_FRESH_REPORT if is_fresh else next_interval(context))


def _read_campaign(context: TurnContext) -> RemoteCampaign:
    """Only the second 404 in a row is believed; the first is treated like any failed call.

    A sent campaign keeps what is stored; any other one needs a person.
    """
    turn = context.turn
    try:
        return context.call("campaign", partial(context.api.campaign, turn.remote_id))
    except NotFound:
        if not turn.sync_failures:
            raise
    context.extend_lease()
    if turn.state in REPORT_STATES:
        gone = Problem("report_gone").to_json()
        raise EndTurn(succeeded(context, None, sync_problem=gone))
    _update_state(context, *_DELETED, {"remote_status": "deleted"})
    raise EndTurn(succeeded(context, None))


def _state_of(
    context: TurnContext, campaign: RemoteCampaign
) -> tuple[MailingState, tuple[Problem, ...]]:
    current = MailingState(context.turn.state)
    if campaign.status in mailchimp_status.DRAFT_STATUSES:
        if current in _UNDER_WAY:
            return MailingState.ATTENTION, (Problem("unscheduled_there"),)
        return current, ()
    state = mailchimp_status.STATE_BY_STATUS.get(campaign.status, current)
    if state == MailingState.CANCELLED:
        return state, (Problem("cancelled_there"),)
    return state, ()


def _update_state(
    context: TurnContext,
    state: MailingState,
    problems: tuple[Problem, ...],
    facts: dict[str, Any],
) -> bool:
    """False: an operation is working on the mailing, or its state has changed since the claim."""
    values = dict(facts)
    if state != context.turn.state:
        values["problems"] = [problem.to_json() for problem in problems]
    return sync_turns.update_state(context.session, context.turn, state, **values)


def _facts(context: TurnContext, campaign: RemoteCampaign) -> dict[str, Any]:
    facts: dict[str, Any] = {"remote_status": campaign.status}
    if campaign.status == mailchimp_status.SCHEDULED:
        facts["schedule_at"] = _scheduled_time(context, campaign)
    if mailchimp_status.STATE_BY_STATUS.get(campaign.status) in REPORT_STATES:
        facts["sent_at"] = campaign.send_time or context.turn.sent_at
        facts["emails_sent"] = campaign.emails_sent
    return facts


def _scheduled_time(context: TurnContext, campaign: RemoteCampaign) -> int | None:
    """The stored time stays unless MailChimp names another one that can be true.

    Without it nobody would check for late opt-outs, and “Try again” would send at once.
    """
    latest = context.now + 2 * MAX_AHEAD
    is_usable = campaign.send_time is not None and campaign.send_time <= latest
    return campaign.send_time if is_usable else context.turn.schedule_at


def _status_warnings(campaign: RemoteCampaign) -> tuple[Problem, ...]:
    status = campaign.status
    if status in mailchimp_status.DRAFT_STATUSES or status in mailchimp_status.STATE_BY_STATUS:
        return ()
    return (Problem("status_unknown", values={"status": status}),)


def _next_sync_at(
    context: TurnContext, state: MailingState, facts: dict[str, Any], updated: bool
) -> int | None:
    turn, now = context.turn, context.now
    if not updated:
        return now + _RETRY_WHILE_BUSY
    return next_check_at(
        now,
        state,
        turn.mailing_id,
        created_at=turn.remote_created_at,
        schedule_at=facts.get("schedule_at", turn.schedule_at),
        sent_at=turn.sent_at,
    )
