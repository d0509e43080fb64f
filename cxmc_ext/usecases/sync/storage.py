"""Writes what a report told: events under their key, statuses upward, opt-outs. The caller commits."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import bulk, erasure, events, mailings
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.db.queries.unsubscribes import SAME_UNSUBSCRIBE_SECONDS, StoredUnsubscribe
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.mailchimp import Unsubscribe
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.events import RecipientActivity
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.record import opt_out_addresses
from cxmc_ext.usecases.sync.totals import recount

_MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MD5S = re.compile(r"(?:[0-9a-f]{32} )*", re.ASCII)
_LONGEST_URL = 2000
"""A longer one does not fit a PostgreSQL index."""
_MOST_LINKS = 10_000


PrimaryRecipient: TypeAlias = tuple[int, int, Sequence[int]]
"""The row that carries the events of an address: its id, its status, and the rows of other people with
the same address. Not named: see bulk.Found."""


@dataclass(slots=True)
class ReportWriter:
    """Writes one mailing. `sent_at` is the time of every 'sent'."""

    services: Services
    mailing_id: int
    account_id: int
    sent_at: int
    opt_out_note: str
    """Why somebody who unsubscribed is opted out, and from which campaign."""
    _links: dict[str, int] = field(default_factory=lambda: {"": 0})

    def store_activity(self, rows: Sequence[RecipientActivity]) -> None:
        """Everybody listed was mailed; what else happened to them comes on top."""
        session = self.services.session()
        carriers = _primary_recipients(session, self.mailing_id, rows, self._marks(rows))
        links = self._link_ids(session, rows)
        mailed: list[int] = []
        found: list[bulk.EventRow] = []
        raised: dict[int, list[int]] = defaultdict(list)
        for name, _, keys, highest in rows:
            row_id, known, shared = carriers[name]
            found += [(row_id, kind, at, links[url], nth) for kind, at, url, nth in keys]
            if known < highest:
                raised[highest] += (row_id, *shared)
            if known in _SENT_UNKNOWN:
                mailed.append(row_id)
        bulk.add_sent_events(session, self.mailing_id, mailed, self.sent_at)
        bulk.add_events(session, self.mailing_id, found)
        for level, ids in raised.items():
            bulk.raise_status(session, ids, level)

    def store_unsubscribes(self, rows: Sequence[Unsubscribe]) -> None:
        """Who unsubscribed through this campaign: event, status, and the host's opt-out group."""
        session = self.services.session()
        marks = self._marks(rows)
        carriers = _primary_recipients(session, self.mailing_id, rows, marks)
        notes = {
            _address(row.address): self.opt_out_note
            for row in rows
            if carriers[row.hash][1] < EventStatus.UNSUBSCRIBED
        }
        opt_out_addresses(self.services, self.account_id, notes, self.mailing_id)
        times = {row.hash: row.at or self.sent_at for row in rows}
        stored = {_key(row.hash, row.address): times[row.hash] for row in rows}
        stored |= {marks[row.address]: times[row.hash] for row in rows if row.address in marks}
        self._correct({bytes.fromhex(key): at for key, at in stored.items()})
        leaving = [
            (carriers[name][0], int(EventStatus.UNSUBSCRIBED), at, 0, 0)
            for name, at in times.items()
        ]
        bulk.add_events(session, self.mailing_id, leaving)
        ids = [each for row_id, _, shared in carriers.values() for each in (row_id, *shared)]
        bulk.raise_status(session, ids, EventStatus.UNSUBSCRIBED)

    def _marks(self, rows: Sequence[RecipientActivity] | Sequence[Unsubscribe]) -> dict[str, str]:
        """By address, of who was erased."""
        veil = erasure.suppression_list(self.services.session(), self.account_id)
        if not veil.digests:
            return {}
        marks = {row.address: veil.digest_of(_address(row.address)) for row in rows}
        return {address: mark.hex() for address, mark in marks.items() if mark}

    def _correct(self, times: dict[bytes, int]) -> None:
        """Drops what the audience told of the same leaving before the report did."""
        session = self.services.session()
        wrong = [
            known
            for known in unsubscribe_queries.stored_unsubscribes(
                session, self.account_id, list(times)
            )
            if _superseded(known, self.mailing_id, times[known.member_hash])
        ]
        others = sorted({known.mailing_id for known in wrong} - {self.mailing_id})
        for mailing_id in others:
            mailings.get_for_update(session, mailing_id)  # before its people, as its own turn does
        events.delete_unsubscribed(session, [(known.recipient_id, known.at) for known in wrong])
        for mailing_id in others:
            recount(session, mailing_id)

    def _link_ids(self, session: Session, rows: Iterable[RecipientActivity]) -> dict[str, int]:
        """By the address as MailChimp gave it; kept from lot to lot within bounds."""
        wanted = {url for row in rows for _, _, url, _ in row.event_keys if url}
        missing = wanted - self._links.keys()
        if len(self._links) + len(missing) > _MOST_LINKS:
            self._links, missing = {"": 0}, wanted
        if missing:
            veil = erasure.suppression_list(session, self.account_id)
            short = {url: veil.redact_url(url[:_LONGEST_URL]) for url in missing}
            ids = events.get_or_create_links(session, self.mailing_id, set(short.values()))
            self._links |= {url: ids[cut] for url, cut in short.items()}
        return self._links


def _superseded(known: StoredUnsubscribe, mailing_id: int, at: int) -> bool:
    if known.mailing_id == mailing_id:
        return known.at != at
    return abs(known.at - at) <= SAME_UNSUBSCRIBE_SECONDS


_SENT_UNKNOWN = (EventStatus.NONE, EventStatus.UNSUBSCRIBED)
"""With any other status the 'sent' was stored in the transaction that set it."""


def _primary_recipients(
    session: Session,
    mailing_id: int,
    rows: Sequence[RecipientActivity] | Sequence[Unsubscribe],
    marks: Mapping[str, str],
) -> dict[str, PrimaryRecipient]:
    """The carrier of every row by its hash: found by hash, else by address, else made.

    Who was erased is found by the mark once a worker was there, and made under it without an address.
    The mark comes last: a row that gets it meanwhile is found by one or the other.
    """
    wanted = {row.hash: row.address for row in rows}
    keys_of = _keys(wanted)
    found = _find_primary(session, mailing_id, keys_of)
    if len(found) == len(wanted):
        return found
    rest = {name: _address(wanted[name]) for name in wanted if name not in found}
    # MailChimp keeps the id of a member whose address was changed there (2019, mailchimpservice).
    found |= _find_primary(session, mailing_id, {name: _hash(rest[name]) for name in rest})
    missing = [name for name in rest if name not in found]
    erased = {name: marks[wanted[name]] for name in missing if wanted[name] in marks}
    found |= _find_primary(session, mailing_id, erased)
    new = {name: erased.get(name, keys_of[name]) for name in missing if name not in found}
    made = {bytes.fromhex(key): "" if name in erased else rest[name] for name, key in new.items()}
    events.add_unknown_recipients(session, mailing_id, made)
    return found | _find_primary(session, mailing_id, new)


def _keys(wanted: dict[str, str]) -> dict[str, str]:
    """MailChimp's ids of the addresses; all at once where each row names one, as is the rule."""
    if _MD5S.fullmatch(" ".join(wanted) + " "):
        return dict(zip(wanted, wanted, strict=True))
    return {name: _key(name, address) for name, address in wanted.items()}


def _find_primary(
    session: Session, mailing_id: int, hashes: dict[str, str]
) -> dict[str, PrimaryRecipient]:
    """Of the rows at one address that one carries the events which is mailed; else the first."""
    best: dict[int, tuple[bool, int, int]] = {}
    shared: dict[int, list[int]] = defaultdict(list)
    for place, row_id, status, primary_id, mailed in bulk.find_by_hashes(
        session, mailing_id, list(hashes.values())
    ):
        if primary_id is not None:
            shared[primary_id].append(row_id)
        elif place not in best or (mailed, -row_id) > best[place][:2]:
            best[place] = (mailed, -row_id, status)
    names = list(hashes)
    return {
        names[place]: (-less, status, shared.get(-less, _NOBODY))
        for place, (_, less, status) in best.items()
    }


_NOBODY: tuple[int, ...] = ()


def _key(name: str, address: str) -> str:
    """MailChimp's id of the address; worked out where the row names none."""
    return name if _MD5.fullmatch(name) else _hash(_address(address or name))


def _hash(address: str) -> str:
    """Of a normalised address."""
    return member_hash(address).hex()


def _address(raw: str) -> str:
    return normalize_address(raw) or raw.strip().lower()
