"""Stores whom an imported campaign was sent to, matched to the people of the CRM by address."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from cxmc_ext.db.queries import erasure, imported_mailings
from cxmc_ext.db.queries.recipient_inserts import insert_rows
from cxmc_ext.db.queries.shared_addresses import mark_shared_addresses
from cxmc_ext.domain.people import Person, PersonRef
from cxmc_ext.domain.rules.addresses import canonical_address, member_hash
from cxmc_ext.domain.rules.host_values import checked_people
from cxmc_ext.domain.sent_campaigns import SentRecipient
from cxmc_ext.usecases.operations.context import AnyContext
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, people_at
from cxmc_ext.usecases.shared.batches import in_batches

_NOBODY: Collection[PersonRef] = ()


def store_recipients(
    context: AnyContext, mailing_id: int, recipients: Sequence[SentRecipient]
) -> None:
    """Adds the recipients of a page that are not stored yet; the caller commits.

    Everybody in the CRM who has an address gets a row; the first one owns its events. An address that nobody
    has gets a row without a person, and an erased one a row without an address.

    Args:
        context: The operation.
        mailing_id: The mailing.
        recipients: At most 1,000.

    Raises:
        HostError: The Host's answer cannot be used.
    """
    session, account_id = context.session, context.account.id
    suppressed = erasure.suppression_list(session, account_id)
    sent = {canonical_address(each.address): each for each in recipients}
    erased = {address: digest for address in sent if (digest := suppressed.digest_of(address))}
    hashes = {address: erased.get(address) or member_hash(address) for address in sent}
    stored = imported_mailings.stored_hashes(session, mailing_id, list(hashes.values()))
    new = [address for address in sent if hashes[address] not in stored]
    owners = people_at(context.services.host, set(new) - erased.keys())
    people = _people(context, set(chain.from_iterable(owners.values())))
    rows: list[dict[str, Any]] = []
    for address in new:
        if address in erased:
            rows.append(_row(hashes[address]))
            continue
        known = [people[ref] for ref in owners.get(address, _NOBODY) if ref in people]
        values = sent[address].merge_values if known else {}
        rows += [_row(hashes[address], address, person, values) for person in known or (None,)]
    for batch in in_batches(rows, BATCH_SIZE):
        insert_rows(session, mailing_id, batch)
    shared = [hashes[address] for address in new if len(owners.get(address, _NOBODY)) > 1]
    if shared:
        mark_shared_addresses(session, mailing_id, shared)


def _people(context: AnyContext, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
    """The people of the CRM by ref; who is described in another way than promised is left out."""
    return {person.ref: person for person in _described(context, refs) if person.ref in refs}


def _described(context: AnyContext, refs: Collection[PersonRef]) -> Iterator[Person]:
    for batch in in_batches(refs, BATCH_SIZE):
        found = context.services.host.people_by_ref(batch)
        yield from chain.from_iterable(checked_people([list(found.values())]))


def _row(
    hash_: bytes,
    address: str = "",
    person: Person | None = None,
    merge_values: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "person_kind": person.ref.kind if person else "",
        "person_id": person.ref.id if person else "",
        "name": person.name[:200] if person else "",
        "address": address[:254],
        "member_hash": hash_,
        "merge_values": dict(merge_values or {}),
        "reason": None,
        "detail": "",
    }
