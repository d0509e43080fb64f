"""Following a campaign that is not sent yet: whatever happens to it in MailChimp is shown here (E7)."""

from dataclasses import replace
from functools import partial
from typing import Any

from cxmc_ext.db.queries import sync_turns
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.mailchimp import RemoteCampaign
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.sync_intervals import next_check_at
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync.api_calls import TurnCalls
from cxmc_ext.usecases.sync.schedule import reschedule

_BUSY = 60
"""Seconds until a mailing is looked at again on which an operation is at work."""


_STATES: dict[str, tuple[MailingState, tuple[Problem, ...]]] = {
    "schedule": (MailingState.SCHEDULED, ()),
    "sending": (MailingState.SENDING, ()),
    "sent": (MailingState.SENT, ()),
    "canceling": (MailingState.CANCELLED, (Problem("cancelled_there"),)),
    "canceled": (MailingState.CANCELLED, (Problem("cancelled_there"),)),
}


_UNDONE = (MailingState.SCHEDULED, MailingState.SENDING)
"""States that a draft at MailChimp contradicts."""


_DELETED = (MailingState.ATTENTION, (Problem("deleted_there"),))


def follow_status(services: Services, turn: SyncTurn, calls: TurnCalls) -> SyncTurn | None:
    """Reads the campaign's status and follows it; the turn goes on only with a sent campaign."""
    remote = _read(services, turn, calls)
    if remote is None:
        return None
    session = services.session()
    sync_turns.extend(session, turn)
    calls.write_audit()
    facts = _facts(turn, remote)
    state, whys = _STATES.get(remote.status, (MailingState(turn.state), ()))
    if remote.status in {"save", "paused"} and turn.state in _UNDONE:
        state, whys = MailingState.ATTENTION, (Problem("unscheduled_there"),)
    moved = _moved(services, turn, state, whys, facts)
    if moved and state == MailingState.SENT:
        session.commit()
        return replace(turn, state=state, remote_status=remote.status, sent_at=facts["sent_at"])
    now, times = services.clock(), _times(turn, facts)
    following = next_check_at(now, state, turn.mailing_id, **times) if moved else now + _BUSY
    reschedule(services, turn, following)
    return None


def still_exists(services: Services, turn: SyncTurn, calls: TurnCalls) -> bool:
    """Whether a sent campaign without a report is still there; if not, the turn has ended."""
    return _read(services, turn, calls) is not None


def _read(services: Services, turn: SyncTurn, calls: TurnCalls) -> RemoteCampaign | None:
    """None: deleted in MailChimp. A sent campaign keeps what is stored, another one needs a person.

    The first 404 may be a slip: it counts as trouble, and only the look after that is believed.
    """
    try:
        return calls.call("campaign", partial(calls.api.campaign, turn.remote_id))
    except NotFound:
        if not turn.sync_failures:
            raise
        sync_turns.extend(services.session(), turn)
        calls.write_audit()
    if turn.state == MailingState.SENT:
        reschedule(services, turn, None, sync_problem=Problem("report_gone").to_json())
    else:
        _moved(services, turn, *_DELETED, {"remote_status": "deleted"})
        reschedule(services, turn, None)
    return None


def _moved(
    services: Services,
    turn: SyncTurn,
    state: MailingState,
    whys: tuple[Problem, ...],
    facts: dict[str, Any],
) -> bool:
    if state == turn.state:
        return sync_turns.update_state(services.session(), turn, state, **facts)
    told = [why.to_json() for why in whys]
    return sync_turns.update_state(services.session(), turn, state, problems=told, **facts)


def _facts(turn: SyncTurn, remote: RemoteCampaign) -> dict[str, Any]:
    facts: dict[str, Any] = {"remote_status": remote.status}
    if remote.status == "schedule":
        facts["schedule_at"] = remote.send_time
    if remote.status == "sent":
        facts["sent_at"] = remote.send_time or turn.sent_at
        facts["emails_sent"] = remote.emails_sent
    return facts


def _times(turn: SyncTurn, facts: dict[str, Any]) -> dict[str, int | None]:
    return {
        "created_at": turn.remote_created_at,
        "schedule_at": facts.get("schedule_at", turn.schedule_at),
        "sent_at": turn.sent_at,
    }
