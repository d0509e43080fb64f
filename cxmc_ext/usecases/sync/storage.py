"""Stores rows of a report: events under their key, statuses, opt-outs. The caller commits."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from cxmc_ext.db.queries import (
    bulk,
    clicked_links,
    erasure,
    events,
    mailings,
    notices,
    recipient_statuses,
    reported_opt_outs,
)
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.db.queries.unsubscribes import RecipientPerson, StoredUnsubscribe
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.failed_addresses import FailureReason
from cxmc_ext.domain.mailchimp import Unsubscribe
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.domain.rules.addresses import canonical_address
from cxmc_ext.domain.rules.events import RecipientActivity
from cxmc_ext.usecases.opt_outs.failed_addresses import forget_failures
from cxmc_ext.usecases.opt_outs.record import record_opt_outs
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.sync.context import TurnContext
from cxmc_ext.usecases.sync.primary_recipients import (
    PrimaryRecipient,
    member_id,
    primary_recipients,
    without_forgotten,
)
from cxmc_ext.usecases.sync.totals import recount

# Seconds by which report and audience may differ about the time of the same unsubscribe.
_CLOCK_DIFFERENCE = 300
# Recipient rows that one statement looks up.
_BATCH_SIZE = 1000
# Ids of links that are remembered between batches.
_MAX_LINKS = 10_000

_NOTES = {
    OptOutSource.UNSUBSCRIBED: NoteKind.UNSUBSCRIBED_THROUGH,
    OptOutSource.COMPLAINED: NoteKind.COMPLAINED_ABOUT,
}


class ReportWriter:
    """Stores the rows of one mailing's report.

    Args:
        context: The turn.
        sent_at: The time of every "sent" event, in Unix seconds.
    """

    def __init__(self, context: TurnContext, sent_at: int) -> None:
        self.sent_at = sent_at
        self._context = context
        self._mailing_id = context.turn.mailing_id
        self._link_ids: dict[str, int] = {"": 0}

    def store_activity(self, rows: Sequence[RecipientActivity]) -> None:
        """Stores that the listed recipients were mailed, and what else happened to them."""
        session = self._context.session
        rows = without_forgotten(session, self._mailing_id, rows)
        primary = primary_recipients(session, self._mailing_id, rows, self._digests(rows))
        link_ids = self._ids_of_links(rows)
        # Statuses by the id of a recipient. Nothing is stored of recipients without a status.
        first: dict[int, int] = {}
        raised: dict[int, int] = {}
        first_events: list[bulk.EventRow] = []
        more_events: list[bulk.EventRow] = []
        unsent: list[int] = []
        for key, _, event_keys, status, _, _ in rows:
            row_id, stored_status, duplicates = primary[key]
            is_first = not stored_status and row_id not in first
            event_rows = [
                (row_id, kind, at, link_ids[url], occurrence)
                for kind, at, url, occurrence in event_keys
            ]
            if is_first:
                first[row_id] = status
                first_events += event_rows
            else:
                more_events += event_rows
                if stored_status == EventStatus.UNSUBSCRIBED:
                    # It may be all that was stored. Any other status came with the “sent” event.
                    unsent.append(row_id)
            if stored_status < status:
                for id_ in duplicates if is_first else (row_id, *duplicates):
                    raised[id_] = max(status, raised.get(id_, 0))
        self._store(first, first, first_events, are_new=True)
        self._store(raised, unsent, more_events)
        self._add_notice(
            [self.sent_at] * bool(first or unsent)
            + [at for _, _, at, _, _ in (*first_events, *more_events)]
        )

    def _store(
        self,
        statuses: Mapping[int, int],
        sent: Collection[int],
        rows: Sequence[bulk.EventRow],
        *,
        are_new: bool = False,
    ) -> None:
        session, mailing_id = self._context.session, self._mailing_id
        bulk.raise_statuses(session, mailing_id, statuses, are_new=are_new)
        bulk.add_sent_events(session, mailing_id, sent, self.sent_at, are_new=are_new)
        bulk.add_events(session, mailing_id, rows, are_new=are_new)

    def store_unsubscribes(self, rows: Sequence[Unsubscribe]) -> None:
        """Stores who unsubscribed through this campaign: event, status, and the Host's opt-out group.

        Locks the account, then writes the mailing's recipients.
        """
        context, session, digests = self._context, self._context.session, self._digests(rows)
        primary = primary_recipients(session, self._mailing_id, rows, digests)
        new = [row for row in rows if primary[row.hash][1] < EventStatus.UNSUBSCRIBED]
        record_opt_outs(
            context.services,
            context.turn.account_id,
            context.turn.reporting_list_id,
            self._opt_outs(new, primary, OptOutSource.UNSUBSCRIBED),
        )
        times = {row.hash: row.at or self.sent_at for row in rows}
        reported = {member_id(row.hash, row.address): times[row.hash] for row in rows}
        reported |= {
            digests[row.address]: times[row.hash] for row in rows if row.address in digests
        }
        self._drop_superseded({bytes.fromhex(hash_): at for hash_, at in reported.items()})
        self._end_subscriptions(rows, primary, EventStatus.UNSUBSCRIBED)

    def store_complaints(self, rows: Sequence[Unsubscribe]) -> None:
        """Stores who marked this campaign as spam: event, status “unsubscribed”, and the opt-out group.

        Locks the account, then writes the mailing's recipients.
        """
        context, session = self._context, self._context.session
        primary = primary_recipients(session, self._mailing_id, rows, self._digests(rows))
        # By the address: the id may be that of an address before, about which something else is stored.
        hash_of = {row: bytes.fromhex(member_id("", row.address or row.hash)) for row in rows}
        known = reported_opt_outs.reported(session, context.turn.account_id, list(hash_of.values()))
        new = [
            row
            for row in rows
            if known.get(hash_of[row]) in {None, OptOutSource.CLEANED}
            or primary[row.hash][1] < EventStatus.UNSUBSCRIBED
        ]
        record_opt_outs(
            context.services,
            context.turn.account_id,
            context.turn.reporting_list_id,
            self._opt_outs(new, primary, OptOutSource.COMPLAINED),
        )
        # Whoever complains reads their mail: it was cleaned for the complaint.
        forget_failures(
            context.services,
            context.turn.account_id,
            [hash_of[row] for row in new],
            FailureReason.CLEANED,
        )
        self._end_subscriptions(rows, primary, EventStatus.COMPLAINED)

    def _end_subscriptions(
        self,
        rows: Sequence[Unsubscribe],
        primary: Mapping[str, PrimaryRecipient],
        kind: EventStatus,
    ) -> None:
        """Adds one event per row; everybody at these addresses gets the status “unsubscribed”."""
        session = self._context.session
        event_rows = [
            (primary[row.hash][0], int(kind), row.at or self.sent_at, 0, 0) for row in rows
        ]
        bulk.add_events(session, self._mailing_id, event_rows)
        self._add_notice([at for _, _, at, _, _ in event_rows])
        statuses = dict.fromkeys(_row_ids(primary, rows), int(EventStatus.UNSUBSCRIBED))
        bulk.raise_statuses(session, self._mailing_id, statuses)

    def _add_notice(self, times: Sequence[int]) -> None:
        """One notice for all events of a batch, given when they happened."""
        if times:
            notices.add_events_stored(self._context.session, self._mailing_id, min(times))

    def _opt_outs(
        self,
        rows: Sequence[Unsubscribe],
        primary: Mapping[str, PrimaryRecipient],
        source: OptOutSource,
    ) -> list[OptOut]:
        """One opt-out per reported address, and one per address that was mailed, if it is another one.

        They differ if somebody changed the address at MailChimp after the mail.
        """
        people: dict[int, RecipientPerson] = {}
        for ids in in_batches(_row_ids(primary, rows), _BATCH_SIZE):
            for person in unsubscribe_queries.people_on_rows(self._context.session, ids):
                people[person.recipient_id] = person
        note = Note(_NOTES[source], self._context.turn.title)
        opt_outs: list[OptOut] = []
        for row in rows:
            mailed = [people[id_] for id_ in _row_ids(primary, [row]) if id_ in people]
            addresses = {canonical_address(row.address), *(person.address for person in mailed)}
            refs = frozenset(person.person for person in mailed)
            at = row.at or self.sent_at
            opt_outs += [
                OptOut(address, source, note, at, refs, self._mailing_id)
                for address in sorted(addresses)
            ]
        return opt_outs

    def _digests(self, rows: Sequence[RecipientActivity] | Sequence[Unsubscribe]) -> dict[str, str]:
        """The digest (hex) of those addresses that are on the suppression list."""
        suppressed = erasure.suppression_list(self._context.session, self._context.turn.account_id)
        if not suppressed.digests:
            return {}
        digests = {
            row.address: suppressed.digest_of(canonical_address(row.address)) for row in rows
        }
        return {address: digest.hex() for address, digest in digests.items() if digest}

    def _drop_superseded(self, reported: dict[bytes, int]) -> None:
        """Deletes what the audience showed before this report named campaign and time.

        A recipient whose event is deleted gets the status of the events that remain.

        Args:
            reported: The time of the unsubscribe by member hash.
        """
        session = self._context.session
        stored = unsubscribe_queries.stored_unsubscribes(
            session, self._context.turn.account_id, list(reported)
        )
        known = {
            (row.member_hash, row.at)
            for row in stored
            if row.mailing_id == self._mailing_id and not row.is_provisional
        }
        superseded = [
            row
            for row in stored
            if (row.member_hash, reported[row.member_hash]) not in known
            and self._is_superseded(row, reported[row.member_hash])
        ]
        others = sorted({row.mailing_id for row in superseded} - {self._mailing_id})
        for mailing_id in others:
            # Lock the mailing before its recipients, like its own turn does.
            mailings.get_for_update(session, mailing_id)
        events.delete_unsubscribed(session, [(row.recipient_id, row.at) for row in superseded])
        recipient_statuses.reset_statuses(session, {row.recipient_id for row in superseded})
        for mailing_id in others:
            recount(session, mailing_id)

    def _is_superseded(self, stored: StoredUnsubscribe, reported_at: int) -> bool:
        """Whether this report tells of the same unsubscribe. An earlier one is another one."""
        if stored.is_provisional:
            return stored.at >= reported_at - _CLOCK_DIFFERENCE
        return stored.mailing_id == self._mailing_id

    def _ids_of_links(self, rows: Iterable[RecipientActivity]) -> dict[str, int]:
        """The ids of the clicked links by the URL that MailChimp lists; remembered between batches."""
        urls = {url for row in rows for _, _, url, _ in row.event_keys if url}
        unknown = urls - self._link_ids.keys()
        if len(self._link_ids) + len(unknown) > _MAX_LINKS:
            self._link_ids, unknown = {"": 0}, urls
        if unknown:
            session, account_id = self._context.session, self._context.turn.account_id
            suppressed = erasure.suppression_list(session, account_id)
            stored = {url: suppressed.redact_url(url) for url in unknown}
            ids = clicked_links.get_or_create(session, self._mailing_id, set(stored.values()))
            self._link_ids |= {url: ids[redacted] for url, redacted in stored.items()}
        return self._link_ids


def _row_ids(primary: Mapping[str, PrimaryRecipient], rows: Iterable[Unsubscribe]) -> Iterator[int]:
    """The ids of everybody at the addresses of some rows: primary recipients and their duplicates."""
    for row in rows:
        row_id, _, duplicates = primary[row.hash]
        yield row_id
        yield from duplicates
