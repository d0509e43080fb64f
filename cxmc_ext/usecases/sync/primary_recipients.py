"""Finds the recipient rows that the rows of a report belong to, and adds those that are missing."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import bulk, events, forgotten_people
from cxmc_ext.domain.mailchimp import Unsubscribe
from cxmc_ext.domain.rules.addresses import canonical_address, is_member_id, member_hash
from cxmc_ext.domain.rules.events import RecipientActivity

# The row that carries the events of an address: its id, its status, and the ids of the rows of other
# people with the same address. A plain tuple, because naming the fields of 100,000 of them takes a tenth
# of an import's time.
PrimaryRecipient: TypeAlias = tuple[int, int, Sequence[int]]

_FORGOTTEN = "@forgotten.mailchimp.com"
_SPACED_MD5S = re.compile(r"(?:[0-9a-f]{32} )*", re.ASCII)
_NO_DUPLICATES: tuple[int, ...] = ()


def primary_recipients(
    session: Session,
    mailing_id: int,
    rows: Sequence[RecipientActivity] | Sequence[Unsubscribe],
    digests: Mapping[str, str],
) -> dict[str, PrimaryRecipient]:
    """Finds the primary recipient of every row of a report; adds rows for people who were not frozen.

    A row is looked up by MailChimp's id of the address, then by the address itself, because MailChimp
    keeps the id of a member whose address was changed there (observed 2019). Erased people are found by
    their digest, and added under it without an address. The digest is tried last, so that a row that an
    erasure changes between these lookups is found by one of them.

    Args:
        session: An open transaction of the turn.
        mailing_id: The mailing.
        rows: Rows of the report.
        digests: The digest (hex) of those addresses of `rows` that are on the suppression list.

    Returns:
        The primary recipients by the `hash` of the rows.
    """
    member_ids = _member_ids(rows)
    result = _find(session, mailing_id, member_ids)
    if len(result) == len(member_ids):
        return result
    address_of = {row.hash: row.address for row in rows}
    unmatched = {
        key: canonical_address(address) for key, address in address_of.items() if key not in result
    }
    by_address = {key: member_hash(address).hex() for key, address in unmatched.items()}
    result |= _find(session, mailing_id, by_address)
    missing = [key for key in unmatched if key not in result]
    erased = {key: digests[address_of[key]] for key in missing if address_of[key] in digests}
    result |= _find(session, mailing_id, erased)
    new = {key: erased.get(key, member_ids[key]) for key in missing if key not in result}
    events.add_unknown_recipients(
        session,
        mailing_id,
        {
            bytes.fromhex(hash_): "" if key in erased else unmatched[key]
            for key, hash_ in new.items()
        },
    )
    return result | _find(session, mailing_id, new)


def without_forgotten(
    session: Session, mailing_id: int, rows: Sequence[RecipientActivity]
) -> Sequence[RecipientActivity]:
    """Leaves out rows of people deleted permanently at MailChimp whose mail is stored already.

    Such a row has another address and id than before (seen in webhooks, 2021:
    https://github.com/mailchimp/mc-woocommerce), so it would be taken for one more recipient. When not all
    mails are stored yet, the row is the only trace of the mail and is kept.
    """
    # Almost always nobody: looking into one long text takes a fifth of the time.
    if _FORGOTTEN not in "\n".join([row.address for row in rows]):
        return rows
    forgotten = [row for row in rows if row.address.endswith(_FORGOTTEN)]
    if not forgotten or not forgotten_people.are_all_mails_stored(session, mailing_id):
        return rows
    member_ids = _member_ids(forgotten)
    unknown = member_ids.keys() - _find(session, mailing_id, member_ids).keys()
    return [row for row in rows if row.hash not in unknown]


def member_id(row_hash: str, address: str) -> str:
    """MailChimp's id of an address, calculated if the row of the report does not have it."""
    if is_member_id(row_hash):
        return row_hash
    return member_hash(canonical_address(address or row_hash)).hex()


def _member_ids(rows: Sequence[RecipientActivity] | Sequence[Unsubscribe]) -> dict[str, str]:
    """MailChimp's ids by the hash of the row; one regular expression checks the usual case for all."""
    hashes = [row.hash for row in rows]
    if _SPACED_MD5S.fullmatch(" ".join(hashes) + " "):
        return dict(zip(hashes, hashes, strict=True))
    return {row.hash: member_id(row.hash, row.address) for row in rows}


def _find(session: Session, mailing_id: int, hashes: dict[str, str]) -> dict[str, PrimaryRecipient]:
    """Events belong to the mailed row of an address, or to its first row if none was mailed."""
    primary: dict[int, tuple[int, int, bool]] = {}
    duplicates: dict[int, list[int]] = defaultdict(list)
    found = bulk.find_by_hashes(session, mailing_id, list(hashes.values()))
    for index, row_id, status, primary_id, is_mailed in found:
        if primary_id is not None:
            duplicates[primary_id].append(row_id)
        elif index not in primary or _takes_precedence(row_id, is_mailed, primary[index]):
            primary[index] = (row_id, status, is_mailed)
    keys = list(hashes)
    return {
        keys[index]: (row_id, status, duplicates.get(row_id, _NO_DUPLICATES))
        for index, (row_id, status, _) in primary.items()
    }


def _takes_precedence(row_id: int, is_mailed: bool, other: tuple[int, int, bool]) -> bool:
    other_id, _, other_is_mailed = other
    if bool(is_mailed) != bool(other_is_mailed):
        return bool(is_mailed)
    return row_id < other_id
