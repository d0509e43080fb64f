"""Stores rows of a report: events under their key, statuses, opt-outs. The caller commits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from cxmc_ext.db.queries import bulk, erasure, events, mailings
from cxmc_ext.db.queries import unsubscribes as unsubscribe_queries
from cxmc_ext.db.queries.unsubscribes import SAME_UNSUBSCRIBE_SECONDS, StoredUnsubscribe
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.mailchimp import Unsubscribe
from cxmc_ext.domain.rules.addresses import canonical_address
from cxmc_ext.domain.rules.events import RecipientActivity
from cxmc_ext.usecases.opt_outs.record import opt_out_addresses
from cxmc_ext.usecases.sync.context import TurnContext
from cxmc_ext.usecases.sync.primary_recipients import member_id, primary_recipients
from cxmc_ext.usecases.sync.totals import recount

# Ids of links that are remembered between batches.
_MAX_LINKS = 10_000

# Recipients with any other status got their "sent" event in the transaction that set the status.
_MAY_LACK_SENT_EVENT = (EventStatus.NONE, EventStatus.UNSUBSCRIBED)


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
        primary = primary_recipients(session, self._mailing_id, rows, self._digests(rows))
        link_ids = self._ids_of_links(rows)
        without_sent_event: list[int] = []
        event_rows: list[bulk.EventRow] = []
        raised: dict[int, list[int]] = defaultdict(list)
        for key, _, event_keys, status in rows:
            row_id, stored_status, duplicates = primary[key]
            event_rows += [
                (row_id, kind, at, link_ids[url], occurrence)
                for kind, at, url, occurrence in event_keys
            ]
            if stored_status < status:
                raised[status] += (row_id, *duplicates)
            if stored_status in _MAY_LACK_SENT_EVENT:
                without_sent_event.append(row_id)
        bulk.add_sent_events(session, self._mailing_id, without_sent_event, self.sent_at)
        bulk.add_events(session, self._mailing_id, event_rows)
        for status, row_ids in raised.items():
            bulk.raise_status(session, row_ids, status)

    def store_unsubscribes(self, rows: Sequence[Unsubscribe]) -> None:
        """Stores who unsubscribed through this campaign: event, status, and the Host's opt-out group.

        Locks the account, then writes the mailing's recipients.
        """
        context, session, digests = self._context, self._context.session, self._digests(rows)
        primary = primary_recipients(session, self._mailing_id, rows, digests)
        note = f"Unsubscribed through the MailChimp campaign “{context.turn.title}”"
        notes = {
            canonical_address(row.address): note
            for row in rows
            if primary[row.hash][1] < EventStatus.UNSUBSCRIBED
        }
        opt_out_addresses(context.services, context.turn.account_id, notes, self._mailing_id)
        times = {row.hash: row.at or self.sent_at for row in rows}
        reported = {member_id(row.hash, row.address): times[row.hash] for row in rows}
        reported |= {
            digests[row.address]: times[row.hash] for row in rows if row.address in digests
        }
        self._drop_superseded({bytes.fromhex(hash_): at for hash_, at in reported.items()})
        kind = int(EventStatus.UNSUBSCRIBED)
        event_rows = [(primary[key][0], kind, at, 0, 0) for key, at in times.items()]
        bulk.add_events(session, self._mailing_id, event_rows)
        row_ids = [
            each_id
            for row_id, _, duplicates in primary.values()
            for each_id in (row_id, *duplicates)
        ]
        bulk.raise_status(session, row_ids, kind)

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
        """Deletes unsubscribes that the audience showed before this report named campaign and time.

        Args:
            reported: The time of the unsubscribe by member hash.
        """
        session = self._context.session
        stored = unsubscribe_queries.stored_unsubscribes(
            session, self._context.turn.account_id, list(reported)
        )
        superseded = [
            unsubscribe
            for unsubscribe in stored
            if self._is_superseded(unsubscribe, reported[unsubscribe.member_hash])
        ]
        others = sorted({row.mailing_id for row in superseded} - {self._mailing_id})
        for mailing_id in others:
            # Lock the mailing before its recipients, like its own turn does.
            mailings.get_for_update(session, mailing_id)
        events.delete_unsubscribed(session, [(row.recipient_id, row.at) for row in superseded])
        for mailing_id in others:
            recount(session, mailing_id)

    def _is_superseded(self, stored: StoredUnsubscribe, reported_at: int) -> bool:
        if stored.mailing_id == self._mailing_id:
            return stored.at != reported_at
        return abs(stored.at - reported_at) <= SAME_UNSUBSCRIBE_SECONDS

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
            ids = events.get_or_create_links(session, self._mailing_id, set(stored.values()))
            self._link_ids |= {url: ids[redacted] for url, redacted in stored.items()}
        return self._link_ids
