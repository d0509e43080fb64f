"""Finds addresses that do not work in the bounces of a report."""

from collections.abc import Sequence

from cxmc_ext.db.queries import failed_addresses
from cxmc_ext.domain.failed_addresses import AddressFailure, FailureReason
from cxmc_ext.domain.rules.events import RecipientActivity
from cxmc_ext.usecases.opt_outs.failed_addresses import explains, record_failures
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.sync.context import TurnContext
from cxmc_ext.usecases.sync.primary_recipients import member_id

_BATCH_SIZE = 1000
# Addresses whose earlier mailings are read at once: each may have very many.
_HISTORY_SIZE = 50


class BounceRecorder:
    """Collects the bounces of a report, and records the addresses that fail by them, many at a time.

    A crash loses nothing: the cursor has not moved, so the next turn reads the rows again.

    Args:
        context: The turn.
        sent_at: When the campaign was sent, for bounces without a time of their own.
    """

    def __init__(self, context: TurnContext, sent_at: int) -> None:
        self._context = context
        self._sent_at = sent_at
        self._bounced: list[RecipientActivity] = []

    def add(self, rows: Sequence[RecipientActivity]) -> None:
        """Takes rows of the report whose events are stored and committed. May commit.

        Raises:
            LostLease: Another worker has the turn.
        """
        self._bounced += [row for row in rows if row.has_bounced]
        if len(self._bounced) >= _BATCH_SIZE:
            self.record()

    def record(self) -> None:
        """Records what was collected. Commits, if there is anything to write.

        Raises:
            LostLease: Another worker has the turn.
        """
        context, bounced = self._context, self._bounced
        self._bounced = []
        for batch in in_batches(bounced, _BATCH_SIZE):
            failures = _new_failures(context, batch, self._sent_at)
            if failures:
                # This locks the account, and the account is always locked before the mailing.
                record_failures(context.services, context.turn.account_id, failures)
                context.extend_lease()
            context.session.commit()


def _new_failures(
    context: TurnContext, rows: Sequence[RecipientActivity], sent_at: int
) -> list[AddressFailure]:
    session, turn = context.session, context.turn
    row_of = {bytes.fromhex(member_id(row.hash, row.address)): row for row in rows}
    known = failed_addresses.known_reasons(session, turn.account_id, row_of)
    unknown = {
        each
        for each, row in row_of.items()
        if each not in known or explains(_reason(row), known[each])
    }
    soft = [each for each in unknown if not row_of[each].has_hard_bounce]
    failing = (unknown - set(soft)) | _always_bounced(context, soft)
    if not failing:
        return []
    addresses = failed_addresses.mailed_addresses(session, turn.mailing_id, failing)
    return [
        AddressFailure(
            address,
            _reason(row_of[each]),
            max((at for _, at, *_ in row_of[each].event_keys), default=sent_at),
            turn.mailing_id,
            turn.title,
        )
        for each, address in sorted(addresses.items())
    ]


def _reason(row: RecipientActivity) -> FailureReason:
    return FailureReason.HARD_BOUNCE if row.has_hard_bounce else FailureReason.SOFT_BOUNCES


def _always_bounced(context: TurnContext, hashes: Sequence[bytes]) -> set[bytes]:
    """Which addresses bounced as often in a row as CXMC_SOFT_BOUNCE_LIMIT says."""
    limit, found = context.services.settings.soft_bounce_limit, set[bytes]()
    for some in in_batches(hashes if limit else (), _HISTORY_SIZE):
        found |= failed_addresses.always_bounced(
            context.session, context.turn.account_id, some, limit
        )
    return found
