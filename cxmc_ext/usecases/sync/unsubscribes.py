"""Imports who unsubscribed elsewhere than through a campaign's link, or was cleaned."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import accounts, bulk, events, mailings, notices
from cxmc_ext.db.queries.earlier_audiences import earlier_audiences
from cxmc_ext.db.queries.unsubscribes import PROVISIONAL, MailedAddress
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import KeyRefused, MailChimpError, NotFound
from cxmc_ext.domain.mailchimp import Member, Unsubscribe
from cxmc_ext.domain.opt_outs import OptOutSource
from cxmc_ext.domain.rules.error_problems import problem_for
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.failed_addresses import refresh_marks
from cxmc_ext.usecases.opt_outs.members import (
    SOURCE_BY_STATUS,
    complaint_hashes,
    mailings_by_hash,
    newest_first,
    read_since,
    record_member_opt_outs,
    without_forwarded,
)
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.sync.change_check import Changes
from cxmc_ext.usecases.sync.context import TurnContext
from cxmc_ext.usecases.sync.invitations import check_invitations
from cxmc_ext.usecases.sync.totals import recount

# Seconds between two imports, unless somebody asked for an update: each takes a call of its own.
CHECK_INTERVAL = 3600
_BATCH_SIZE = 1000
_UNSUBSCRIBED = "unsubscribed"


def import_unsubscribes(context: TurnContext, changes: Changes) -> None:
    """Stores who unsubscribed or was cleaned since the last import (`GET /lists/{id}/members`).

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
    since = read_since(turn.unsubscribes_cursor or turn.remote_created_at or now, now)
    earlier = earlier_audiences(context.session, turn.account_id, turn.list_id)
    context.session.commit()
    try:
        _import_audience(context, turn.list_id, since)
        for list_id in earlier:
            try:
                _import_audience(context, list_id, since)
            except NotFound:
                if _exists(context, list_id):  # nothing is skipped for a 404 by mistake
                    raise
    except KeyRefused:
        raise
    except MailChimpError as error:
        _store_failure(context, error)
        return
    refresh_marks(context.services, turn.account_id, partial(_commit, context))
    accounts.update_columns(
        context.session, turn.account_id, unsubscribes_cursor=now, unsubscribes_problem=None
    )
    context.extend_lease()
    context.write_audit()
    context.session.commit()
    _check_invitations(context)


def _check_invitations(context: TurnContext) -> None:
    """Comes last: an invited member that cannot be read does not have everything read again."""
    try:
        check_invitations(context)
    except KeyRefused:
        raise
    except MailChimpError as error:
        _store_failure(context, error)


def _import_audience(context: TurnContext, list_id: str, since: int) -> None:
    for status in SOURCE_BY_STATUS:
        read = partial(_read_members, context, list_id, status, max(since, 0))
        members = context.call("members_changed", read)
        complained = _read_complaints(context, list_id, members)
        for batch in in_batches(members, _BATCH_SIZE):
            _store(context, list_id, batch, complained)


def _exists(context: TurnContext, list_id: str) -> bool:
    try:
        context.call("audience", partial(context.api.audience, list_id))
    except NotFound:
        return False
    return True


def _commit(context: TurnContext) -> None:
    context.extend_lease()
    context.session.commit()


def _store_failure(context: TurnContext, error: MailChimpError) -> None:
    problem = problem_for(error).to_json()
    accounts.update_columns(context.session, context.turn.account_id, unsubscribes_problem=problem)
    context.extend_lease()
    context.write_audit()
    context.session.commit()


def _read_members(context: TurnContext, list_id: str, status: str, since: int) -> list[Member]:
    return list(context.api.members_changed(list_id, status, since))


def _all_complaints(context: TurnContext, list_id: str) -> list[Unsubscribe]:
    return list(context.api.audience_complaints(list_id))


def _read_complaints(
    context: TurnContext, list_id: str, members: Sequence[Member]
) -> frozenset[bytes] | None:
    """Who complained (`GET /lists/{id}/abuse-reports`), if a member was cleaned: perhaps for that.

    The complaint may be about a mail that was sent from MailChimp itself, of which no report of ours tells.
    None if nobody was cleaned, or if MailChimp refuses to tell.
    """
    if all(SOURCE_BY_STATUS[member.status] is not OptOutSource.CLEANED for member in members):
        return None
    read = partial(_all_complaints, context, list_id)
    return complaint_hashes(partial(context.call, "audience_complaints", read))


def _is_due(context: TurnContext) -> bool:
    turn = context.turn
    if not turn.list_id:
        return False
    is_requested = turn.change_checked_at == 0
    # An import in the future was made by a worker whose clock is ahead.
    return is_requested or abs(context.started_at - turn.unsubscribes_cursor) >= CHECK_INTERVAL


def _store(
    context: TurnContext,
    list_id: str,
    members: Sequence[Member],
    complained: frozenset[bytes] | None,
) -> None:
    """Opts out everybody who was not reported before, and adds their events. Commits.

    An unsubscribe from an earlier audience is no event of a mailing to the present one.
    """
    services, account_id, now = context.services, context.turn.account_id, context.started_at
    record_member_opt_outs(services, account_id, list_id, members, now, complained)
    context.extend_lease()
    if list_id == context.turn.list_id:
        add_unsubscribed_events(services, account_id, list_id, members, now)
    context.session.commit()


def add_unsubscribed_events(
    services: Services, account_id: int, list_id: str, members: Sequence[Member], now: int
) -> None:
    """Adds an event to the newest mailing of each member who unsubscribed, unless it is stored.

    The caller commits.

    Args:
        services: Those of the account.
        account_id: The account.
        list_id: The account's audience.
        members: At most 1,000 members.
        now: Unix seconds, for members of whom MailChimp does not tell when they were changed.
    """
    mailed = mailings_by_hash(services, account_id, members)
    new_events: dict[int, dict[int, int]] = defaultdict(dict)
    for member in without_forwarded(services, account_id, list_id, members):
        rows, at = newest_first(member, mailed), member.changed_at or now
        if member.status == _UNSUBSCRIBED and rows and not _is_known(rows):
            new_events[rows[0].mailing_id][rows[0].recipient_id] = at
    for mailing_id in sorted(new_events):
        _add_events(services.session(), mailing_id, new_events[mailing_id])


def _add_events(session: Session, mailing_id: int, times: dict[int, int]) -> None:
    """Adds unsubscribes to a mailing, given their times by recipient id."""
    kind = int(EventStatus.UNSUBSCRIBED)
    # Lock the mailing before its recipients, like its own turn does.
    mailings.get_for_update(session, mailing_id)
    event_rows = [(recipient_id, kind, at, 0, PROVISIONAL) for recipient_id, at in times.items()]
    bulk.add_events(session, mailing_id, event_rows)
    notices.add_events_stored(session, mailing_id, min(times.values()))
    statuses = dict.fromkeys(events.with_duplicates(session, mailing_id, list(times)), kind)
    bulk.raise_statuses(session, mailing_id, statuses)
    recount(session, mailing_id)


def _is_known(rows: list[MailedAddress]) -> bool:
    """Whether the unsubscribe is stored: at the newest mailing, or later than that was sent.

    Its time says nothing: MailChimp names the last change of the member, whatever was changed.
    """
    if rows[0].status >= EventStatus.UNSUBSCRIBED:
        return True
    latest = max((row.unsubscribed_at or 0 for row in rows), default=0)
    return latest > 0 and latest >= (rows[0].sent_at or 0)
