"""Imports who unsubscribed in another way than through a campaign's link: in MailChimp, a form, the API."""

from collections import defaultdict
from functools import partial

from cxmc_ext.db.queries import accounts, bulk, events, mailings
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.db.queries.unsubscribes import SAME_UNSUBSCRIBE_SECONDS, MailedAddress
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import KeyRefused, MailChimpError
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.rules.addresses import canonical_address, member_hash
from cxmc_ext.domain.rules.error_problems import problem_for
from cxmc_ext.usecases.opt_outs.record import opt_out_addresses
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.sync.change_check import Changes
from cxmc_ext.usecases.sync.context import TurnContext
from cxmc_ext.usecases.sync.totals import recount

# Seconds between two imports, unless somebody asked for an update: each takes a call of its own.
CHECK_INTERVAL = 3600
# Seconds before the cursor that are read again.
_OVERLAP = 600
_BATCH_SIZE = 1000
OPT_OUT_NOTE = "Unsubscribed in MailChimp"


def import_unsubscribes(context: TurnContext, changes: Changes) -> None:
    """Stores who unsubscribed from the audience since the last import (`GET /lists/{id}/members`).

    Members are opted out in the Host, and the newest mailing that reached them shows the event. A failed
    call does not end the turn: it is stored in the account, where the report and the control room show it,
    and the next turn that checks for changes tries again.

    Args:
        context: The turn.
        changes: What `check_for_changes` returned. If another turn made that call, it has imported the
            unsubscribes as well.

    Raises:
        KeyRefused: MailChimp refuses the key.
        LostLease: Another worker has the turn.
    """
    if changes.from_other_turn or not _is_due(context):
        return
    turn, now = context.turn, context.started_at
    since = (turn.unsubscribes_cursor or turn.remote_created_at or now) - _OVERLAP
    read = partial(context.api.members_changed, turn.list_id, "unsubscribed", max(since, 0))
    try:
        members = context.call("members_changed", lambda: list(read()))
    except KeyRefused:
        raise
    except MailChimpError as error:
        _store_failure(context, error)
        return
    for batch in in_batches(members, _BATCH_SIZE):
        _store(context, batch)
    accounts.update_columns(
        context.session, turn.account_id, unsubscribes_cursor=now, unsubscribes_problem=None
    )
    context.extend_lease()
    context.write_audit()
    context.session.commit()


def _store_failure(context: TurnContext, error: MailChimpError) -> None:
    problem = problem_for(error).to_json()
    accounts.update_columns(context.session, context.turn.account_id, unsubscribes_problem=problem)
    context.extend_lease()
    context.write_audit()
    context.session.commit()


def _is_due(context: TurnContext) -> bool:
    turn = context.turn
    if not turn.list_id:
        return False
    is_requested = turn.change_checked_at == 0
    return is_requested or context.started_at - turn.unsubscribes_cursor >= CHECK_INTERVAL


def _store(context: TurnContext, members: list[Member]) -> None:
    """Opts everybody out; adds an event to the newest mailing that reached the address, once. Commits."""
    session, account_id, now = context.session, context.turn.account_id, context.started_at
    notes = {canonical_address(member.address): OPT_OUT_NOTE for member in members}
    opt_out_addresses(context.services, account_id, notes)
    context.extend_lease()
    times = {
        member_hash(canonical_address(member.address)): member.changed_at or now
        for member in members
    }
    mailed: dict[bytes, list[MailedAddress]] = defaultdict(list)
    for row in unsubscribe_queries.mailings_sent_to(session, account_id, list(times)):
        mailed[row.member_hash].append(row)
    new_events: dict[int, dict[int, int]] = defaultdict(dict)
    for hash_, rows in mailed.items():
        if not _is_known(rows, times[hash_]):
            newest = rows[0]
            new_events[newest.mailing_id][newest.recipient_id] = times[hash_]
    for mailing_id in sorted(new_events):
        _add_events(context, mailing_id, new_events[mailing_id])
    session.commit()


def _add_events(context: TurnContext, mailing_id: int, times: dict[int, int]) -> None:
    """Adds unsubscribes to a mailing, given their times by recipient id."""
    session, kind = context.session, int(EventStatus.UNSUBSCRIBED)
    # Lock the mailing before its recipients, like its own turn does.
    mailings.get_for_update(session, mailing_id)
    event_rows = [(recipient_id, kind, at, 0, 0) for recipient_id, at in times.items()]
    bulk.add_events(session, mailing_id, event_rows)
    bulk.raise_status(session, events.with_duplicates(session, mailing_id, list(times)), kind)
    recount(session, mailing_id)


def _is_known(rows: list[MailedAddress], at: int) -> bool:
    """Whether the newest mailing shows the unsubscribe, or a report named it for another one."""
    if rows[0].status >= EventStatus.UNSUBSCRIBED:
        return True
    return any(
        row.unsubscribed_at is not None
        and abs(row.unsubscribed_at - at) <= SAME_UNSUBSCRIBE_SECONDS
        for row in rows
    )
