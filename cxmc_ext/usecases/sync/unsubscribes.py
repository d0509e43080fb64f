"""Who left the audience by another way than a campaign's own link: the app, a form, the API (E5)."""

from collections.abc import Iterable
from itertools import islice

from cxmc_ext.db.queries import accounts, bulk, events, mailings, sync_turns
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.db.queries.sync_turns import SyncTurn
from cxmc_ext.db.queries.unsubscribes import SAME_UNSUBSCRIBE_SECONDS, MailedAddress
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import KeyRefused, MailChimpError
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.record import opt_out_addresses
from cxmc_ext.usecases.sync.api_calls import TurnCalls
from cxmc_ext.usecases.sync.totals import recount

CHECK_INTERVAL = 3600
"""Seconds between two looks, unless somebody asked for an update: it is a call of its own."""
_OVERLAP = 600
_LOT = 1000
OPT_OUT_NOTE = "Unsubscribed in MailChimp"


def import_unsubscribes(services: Services, turn: SyncTurn, calls: TurnCalls, now: int) -> None:
    """Reads who left since the last look. What fails here is tried again at the next gate."""
    forced = turn.change_checked_at == 0
    if not turn.list_id or not (forced or now - turn.unsubscribes_cursor >= CHECK_INTERVAL):
        return
    since = (turn.unsubscribes_cursor or turn.remote_created_at or now) - _OVERLAP
    try:
        left = calls.call(
            "members_changed",
            lambda: list(calls.api.members_changed(turn.list_id, "unsubscribed", max(since, 0))),
        )
    except KeyRefused:
        raise
    except MailChimpError:
        return
    rest: Iterable[Member] = iter(left)
    while lot := list(islice(rest, _LOT)):
        _store(services, turn, lot, now)
    session = services.session()
    accounts.update_columns(session, turn.account_id, unsubscribes_cursor=now)
    sync_turns.extend(session, turn)
    calls.write_audit()
    session.commit()


def _store(services: Services, turn: SyncTurn, lot: list[Member], now: int) -> None:
    """Opt-outs for everybody; an activity at the newest mailing that reached the address, once."""
    session = services.session()
    by_hash = {member_hash(_address(member)): member for member in lot}
    opt_out_addresses(services, turn.account_id, {_address(member): OPT_OUT_NOTE for member in lot})
    sync_turns.extend(session, turn)
    reached: dict[bytes, list[MailedAddress]] = {}
    for row in unsubscribe_queries.mailings_sent_to(session, turn.account_id, list(by_hash)):
        reached.setdefault(row.member_hash, []).append(row)
    fresh = [
        (rows[0], by_hash[key].changed_at or now)
        for key, rows in reached.items()
        if not _known(rows, by_hash[key].changed_at or now)
    ]
    for mailing_id in sorted({row.mailing_id for row, _ in fresh}):
        # The mailing before its people, as its own turn does.
        mailings.get_for_update(session, mailing_id)
        here = [(row, at) for row, at in fresh if row.mailing_id == mailing_id]
        left = [(row.recipient_id, int(EventStatus.UNSUBSCRIBED), at, 0, 0) for row, at in here]
        bulk.add_events(session, mailing_id, left)
        ids = events.with_duplicates(session, mailing_id, [row.recipient_id for row, _ in here])
        bulk.raise_status(session, ids, EventStatus.UNSUBSCRIBED)
        recount(session, mailing_id)
    session.commit()


def _known(rows: list[MailedAddress], at: int) -> bool:
    """The newest mailing shows it already, or a report named the same leaving."""
    newest = rows[0].status >= EventStatus.UNSUBSCRIBED
    return newest or any(
        row.unsubscribed_at is not None
        and abs(row.unsubscribed_at - at) <= SAME_UNSUBSCRIBE_SECONDS
        for row in rows
    )


def _address(member: Member) -> str:
    return normalize_address(member.address) or member.address.strip().lower()
