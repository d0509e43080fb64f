"""Who left the audience by another way than a campaign's own link: the app, a form, the API (E5)."""

from collections.abc import Iterable
from itertools import islice

from cxmc_ext.db.queries import accounts, bulk, events, mailings, optouts, syncing
from cxmc_ext.db.queries.optouts import SAME, Mailed
from cxmc_ext.db.queries.syncing import Turn
from cxmc_ext.domain.errors import KeyRefused, MailChimpError
from cxmc_ext.domain.remote import Member
from cxmc_ext.domain.rules.addresses import member_hash, normalise
from cxmc_ext.domain.values import Status
from cxmc_ext.services import Services
from cxmc_ext.usecases.optouts import opt_out_addresses
from cxmc_ext.usecases.sync_calls import Calls
from cxmc_ext.usecases.sync_counts import recount

EVERY = 3600
"""Seconds between two looks, unless somebody asked for an update: it is a call of its own."""
_OVERLAP = 600
_LOT = 1000
NOTE = "Unsubscribed in MailChimp"


def look(services: Services, turn: Turn, calls: Calls, now: int) -> None:
    """Reads who left since the last look. What fails here is tried again at the next gate."""
    forced = turn.gate_at == 0
    if not turn.list_id or not (forced or now - turn.members_since >= EVERY):
        return
    since = (turn.members_since or turn.created_at or now) - _OVERLAP
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
    accounts.store(session, turn.account_id, members_since=now)
    syncing.extend(session, turn)
    calls.note()
    session.commit()


def _store(services: Services, turn: Turn, lot: list[Member], now: int) -> None:
    """Opt-outs for everybody; an activity at the newest mailing that reached the address, once."""
    session = services.session()
    by_hash = {member_hash(_address(member)): member for member in lot}
    opt_out_addresses(services, turn.account_id, {_address(member): NOTE for member in lot})
    syncing.extend(session, turn)
    reached: dict[bytes, list[Mailed]] = {}
    for row in optouts.mailed(session, turn.account_id, list(by_hash)):
        reached.setdefault(row.member_hash, []).append(row)
    fresh = [
        (rows[0], by_hash[key].changed_at or now)
        for key, rows in reached.items()
        if not _known(rows, by_hash[key].changed_at or now)
    ]
    for mailing_id in sorted({row.mailing_id for row, _ in fresh}):
        # The mailing before its people, as its own turn does.
        mailings.held(session, mailing_id)
        here = [(row, at) for row, at in fresh if row.mailing_id == mailing_id]
        left = [(row.recipient_id, int(Status.UNSUBSCRIBED), at, 0, 0) for row, at in here]
        bulk.add_events(session, mailing_id, left)
        ids = events.with_shared(session, mailing_id, [row.recipient_id for row, _ in here])
        bulk.raise_status(session, ids, Status.UNSUBSCRIBED)
        recount(session, mailing_id)
    session.commit()


def _known(rows: list[Mailed], at: int) -> bool:
    """The newest mailing shows it already, or a report named the same leaving."""
    newest = rows[0].status >= Status.UNSUBSCRIBED
    return newest or any(row.left_at is not None and abs(row.left_at - at) <= SAME for row in rows)


def _address(member: Member) -> str:
    return normalise(member.address) or member.address.strip().lower()
