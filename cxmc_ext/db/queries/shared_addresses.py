"""People of a frozen campaign who share an address."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.keyed_lookup import has_hash
from cxmc_ext.db.queries.recipient_changes import update_by_id
from cxmc_ext.db.queries.recipient_rows import MAILED_REASONS
from cxmc_ext.domain.campaigns import ExclusionReason


class _Row(NamedTuple):
    id: int
    member_hash: bytes
    reason: ExclusionReason | None
    primary_id: int | None


def mark_shared_addresses(session: Session, mailing_id: int, hashes: Collection[bytes]) -> None:
    """Keeps one mailable recipient per address, or none if somebody at the address opted out.

    The first recipient of an address gets the mail; the others become its duplicates. An opt-out excludes
    everybody at the address. `rules.eligibility` does so already for everybody the Host finds by address;
    this holds even where the Host's `people_with_address` missed somebody.

    Args:
        session: The database session. The caller commits.
        mailing_id: The mailing.
        hashes: Member hashes of at most 1,000 addresses. One that nobody shares is left as it is.
    """
    changed: list[_Row] = []
    for _, rows in groupby(_rows(session, mailing_id, hashes), attrgetter("member_hash")):
        changed += _changed(list(rows))
    update_by_id(session, [row._asdict() for row in changed])


def _changed(rows: Sequence[_Row]) -> Iterator[_Row]:
    """The rows of one address that must change, as they should be."""
    is_opted_out = any(row.reason is ExclusionReason.OPTED_OUT for row in rows)
    mailed = [row for row in rows if row.reason in MAILED_REASONS]
    for row in mailed:
        if is_opted_out:
            wanted = row._replace(reason=ExclusionReason.OPTED_OUT, primary_id=None)
        elif row is mailed[0]:
            wanted = row._replace(reason=None, primary_id=None)
        else:
            wanted = row._replace(reason=ExclusionReason.DUPLICATE, primary_id=mailed[0].id)
        if wanted != row:
            yield wanted


def _rows(session: Session, mailing_id: int, hashes: Collection[bytes]) -> list[_Row]:
    """The recipients at some addresses, by address and id."""
    statement = select(
        Recipient.id, Recipient.member_hash, Recipient.reason, Recipient.primary_id
    ).where(has_hash(session, mailing_id, hashes))
    rows = [_Row(*row) for row in session.execute(statement)]
    return sorted(rows, key=lambda row: (row.member_hash, row.id))
