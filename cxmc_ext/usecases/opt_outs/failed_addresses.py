"""Addresses at which mail does not arrive: recorded once, and told to the Host for everybody who has them.

Everything is written in one transaction with what the Host writes: it is told once, or nothing is stored.
"""

from collections.abc import Callable, Collection, Mapping, Sequence, Set

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import accounts, erasure, notices
from cxmc_ext.db.queries import failed_addresses as queries
from cxmc_ext.db.queries.failed_addresses import AddressMark
from cxmc_ext.domain.failed_addresses import AddressFailure, FailureReason
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.ports.host import AddressMarker
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.rules.host_values import UnusablePerson, checked_people
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, people_at
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.shared.host_transactions import within_transaction

_NOTES = {
    FailureReason.HARD_BOUNCE: NoteKind.HARD_BOUNCE,
    FailureReason.CLEANED: NoteKind.CLEANED,
    FailureReason.SOFT_BOUNCES: NoteKind.SOFT_BOUNCES,
}


def record_failures(
    services: Services, account_id: int, failures: Sequence[AddressFailure]
) -> None:
    """Stores addresses that failed, and marks everybody who has them. The caller commits.

    An address that is stored already is not told again, whoever reads of it; if it was cleaned, the bounce
    that explains it is stored. Erased addresses are not
    stored. The account is locked first, so that of two workers one sees what the other stored.

    Args:
        services: Those of the account.
        account_id: The account.
        failures: What was found; at most 1,000.

    Raises:
        HostError: The Host returned something else than it promises.
    """
    session = services.session()
    by_hash = {member_hash(failure.address): failure for failure in failures if failure.address}
    if not by_hash or not any(_news(session, account_id, by_hash)):
        return
    accounts.lock(session, account_id)
    new, explained = _news(session, account_id, by_hash)
    for failure in explained:
        queries.explain(session, account_id, failure)
    suppressed = erasure.suppression_list(session, account_id)
    added = {
        each: by_hash[each]
        for each in sorted(new)
        if suppressed.digest_of(by_hash[each].address) is None
    }
    queries.add(session, account_id, list(added.values()))
    update_marks(services, account_id, added)


def _news(
    session: Session, account_id: int, failures: Mapping[bytes, AddressFailure]
) -> tuple[Set[bytes], list[AddressFailure]]:
    """Which addresses are not stored yet, and the bounces that explain why others were cleaned."""
    known = queries.known_reasons(session, account_id, failures)
    explained = [failures[each] for each in known if explains(failures[each].reason, known[each])]
    return failures.keys() - known.keys(), explained


def explains(reason: FailureReason, known: FailureReason) -> bool:
    """Whether a reason says more than the one that is known: MailChimp cleans an address for a bounce."""
    return reason is FailureReason.HARD_BOUNCE and known is FailureReason.CLEANED


def forget_failures(
    services: Services,
    account_id: int,
    hashes: Collection[bytes],
    reason: FailureReason | None = None,
) -> None:
    """Forgets that at most 1,000 addresses failed, and removes the marks. The caller commits.

    Args:
        services: Those of the account.
        account_id: The account.
        hashes: Member hashes.
        reason: Only addresses that failed for this reason.
    """
    _unmark_at_host(
        services, queries.forget(services.session(), account_id, hashes, reason) if hashes else []
    )


def refresh_marks(services: Services, account_id: int, commit: Callable[[], object]) -> None:
    """Compares all marks with the CRM: who has another address by now, and who has a failed one since.

    Args:
        services: Those of the account.
        account_id: The account.
        commit: Called after each 1,000 addresses.
    """
    session, after = services.session(), b""
    while failures := queries.page(session, account_id, after, BATCH_SIZE):
        after = max(failures)
        accounts.lock(session, account_id)
        # Again, under the lock: somebody may have forgotten one of them.
        update_marks(services, account_id, queries.failures(session, account_id, failures))
        commit()


def update_marks(
    services: Services, account_id: int, failures: Mapping[bytes, AddressFailure]
) -> None:
    """Marks who has some failed addresses now, and removes the marks of who has another one.

    The caller holds the account's lock and commits.

    Args:
        services: Those of the account.
        account_id: The account.
        failures: At most 1,000 stored addresses by member hash.
    """
    if not failures:
        return
    with within_transaction(services.session(), "address_failed"):
        _update_marks(services, account_id, failures)


def _update_marks(
    services: Services, account_id: int, failures: Mapping[bytes, AddressFailure]
) -> None:
    session = services.session()
    owners = people_at(services.host, {failure.address for failure in failures.values()})
    hash_by_person = {ref: member_hash(address) for address, refs in owners.items() for ref in refs}
    marked = {mark.person: mark for mark in queries.marks(session, account_id, failures)}
    gone = [ref for ref in marked if ref not in hash_by_person]
    queries.unmark(session, account_id, gone)
    _unmark_at_host(services, gone)
    for refs in in_batches(hash_by_person, BATCH_SIZE):
        current = _current_marks(services, {ref: hash_by_person[ref] for ref in refs})
        queries.mark(session, account_id, [one for one in current if marked.get(one.person) != one])
        new = [one for one in current if one.person not in marked]
        _tell(services, account_id, failures, new)


def _current_marks(services: Services, hashes: Mapping[PersonRef, bytes]) -> list[AddressMark]:
    people = list(services.host.people_by_ref(list(hashes)).values())
    (checked,) = checked_people([people])
    return [
        AddressMark(
            person.ref, hashes[person.ref], person.owner_name[:200], person.owner_email[:254]
        )
        for person in checked
        if not isinstance(person, UnusablePerson) and person.ref in hashes
    ]


def _tell(
    services: Services,
    account_id: int,
    failures: Mapping[bytes, AddressFailure],
    new: Sequence[AddressMark],
) -> None:
    """Tells the Host, the audit, and the listeners of the signal."""
    people: dict[tuple[int | None, str], dict[PersonRef, str]] = {}
    for one in new:
        failure = failures[one.member_hash]
        note = services.render_note(Note(_note_kind(failure), failure.title))
        same = people.setdefault((failure.mailing_id, note), {})
        same[one.person] = failure.address
    host, session = services.host, services.session()
    for (mailing_id, note), addresses in people.items():
        if isinstance(host, AddressMarker):
            host.address_failed(addresses, note)
        audit.log_failed_address(services, account_id, mailing_id, addresses, note)
        notices.add(
            session,
            account_id,
            NoticeKind.ADDRESS_FAILED,
            mailing_id=mailing_id,
            people=[[ref.kind, ref.id] for ref in addresses],
        )


def _note_kind(failure: AddressFailure) -> NoteKind:
    is_cleaned = failure.reason is FailureReason.CLEANED
    if is_cleaned and failure.is_no_complaint:
        return NoteKind.CLEANED_AFTER_BOUNCE
    return _NOTES[failure.reason]


def _unmark_at_host(services: Services, people: Sequence[PersonRef]) -> None:
    if isinstance(services.host, AddressMarker):
        for refs in in_batches(people, BATCH_SIZE):
            services.host.address_works(refs)
