"""What changed in the CRM since the people of a campaign were frozen, and how it is applied.

Whoever is not in the campaign any more is left out, and a corrected address is mailed instead of the old
one. Nobody is added: people who came later were not confirmed. One exception keeps a merged person: who
is new in the campaign and has the address of somebody who left it takes that person's place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import NamedTuple

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import recipient_changes, recipients
from cxmc_ext.db.queries.recipient_changes import FrozenPerson
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.people import Person, PersonRef
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.rules.eligibility import AddressedPerson, Classified, classify, with_addresses
from cxmc_ext.domain.rules.frequency_cap import FrequencyCap
from cxmc_ext.domain.rules.host_values import UnusablePerson, checked_people
from cxmc_ext.domain.rules.merge_fields import fields_from_json, written_fields
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, eligibility_facts
from cxmc_ext.usecases.sending.recipient_bitset import RecipientBitset
from cxmc_ext.usecases.sending.recipients import frozen_row
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.shared.frequency_cap import CapFacts, cap_facts, over_cap

# Recipients per transaction; each may concern two addresses.
_CHANGE_BATCH_SIZE = BATCH_SIZE // 2
_WITHOUT_ADDRESS = (ExclusionReason.NO_ADDRESS, ExclusionReason.INVALID_ADDRESS)


class Correction(NamedTuple):
    """The address a recipient was frozen with, by its hash, and the person as the CRM knows them now."""

    old_hash: bytes
    classified: Classified

    @property
    def new_hash(self) -> bytes:
        """The hash of the address to mail now; b"" if there is none."""
        _, address, reason = self.classified
        return member_hash(address) if address and reason is None else b""


@dataclass(slots=True)
class CampaignChanges:
    """The recipients that must change, by id, and how many people were added and are not mailed."""

    removed: dict[int, bytes] = field(default_factory=dict)
    """Recipient id to the hash of the address."""
    corrected: dict[int, Correction] = field(default_factory=dict)
    added: int = 0

    def __bool__(self) -> bool:
        return bool(self.removed or self.corrected)

    @property
    def hashes(self) -> set[bytes]:
        """The addresses whose recipients change."""
        corrections = self.corrected.values()
        old = {*self.removed.values(), *(correction.old_hash for correction in corrections)}
        return (old | {correction.new_hash for correction in corrections}) - {b""}


def find_changes(
    services: Services, mailing: Mailing, pause: Callable[[], object] = lambda: None
) -> CampaignChanges:
    """Compares the frozen people with those who are in the campaign now. Makes no MailChimp call.

    Args:
        services: Those of the account.
        mailing: A frozen mailing.
        pause: Called after every chunk of people, to commit; the mailing is not used after that.
    """
    comparison = _Comparison(services, mailing)
    for people in checked_people(services.host.people(mailing.campaign_ref)):
        comparison.add(people)
        pause()
    return comparison.result()


def find_changes_within(services: Services, mailing: Mailing, limit: int) -> CampaignChanges | None:
    """The same for a page: None if more than `limit` people were frozen or are in the campaign now."""
    if mailing.people_count > limit:
        return None
    comparison, count = _Comparison(services, mailing), 0
    for people in checked_people(services.host.people(mailing.campaign_ref)):
        count += len(people)
        if count > limit:
            return None
        comparison.add(people)
    return comparison.result()


def apply_changes(context: MailingContext, changes: CampaignChanges) -> None:
    """Changes the recipients, and commits. What they were mailed through must be gone at MailChimp.

    Args:
        context: The context of the step.
        changes: The result of `find_changes`.
    """
    session, mailing_id = context.session, context.mailing.id
    # Each transaction leaves one primary recipient per address: nobody may be lost by a crash here.
    for batch in in_batches(changes.removed.items(), _CHANGE_BATCH_SIZE):
        ids = [row_id for row_id, _ in batch]
        recipient_changes.exclude_by_id(session, ids, ExclusionReason.REMOVED)
        hashes = {old_hash for _, old_hash in batch}
        recipient_changes.mark_duplicates_again(session, mailing_id, hashes)
        context.commit()
    fields = written_fields(fields_from_json(context.account.merge_fields))
    cap = context.services.settings.cap
    for items in in_batches(changes.corrected.items(), _CHANGE_BATCH_SIZE):
        rows = [_corrected_row(*item, fields, cap) for item in items]
        recipient_changes.update_by_id(session, rows)
        hashes = CampaignChanges(corrected=dict(items)).hashes
        recipient_changes.mark_duplicates_again(session, mailing_id, hashes)
        context.commit()


class _KnownPerson(NamedTuple):
    """Somebody in the campaign, and one of their rows."""

    person: Person
    address: str | None
    row: FrozenPerson

    @property
    def has_new_address(self) -> bool:
        """Whether the row is mailed, at another address than theirs."""
        new_hash = member_hash(self.address) if self.address else b""
        return self.row.is_mailed and self.row.member_hash != new_hash


class _Comparison:
    """One reading of a campaign's people, chunk by chunk."""

    def __init__(self, services: Services, mailing: Mailing) -> None:
        self._services = services
        self._session = services.session()
        self._account_id = mailing.account_id
        self._mailing_id = mailing.id
        self._is_capped = not mailing.ignores_frequency_cap
        # Read only when an address is new, which is rare.
        read_cap = partial(cap_facts, services, mailing.account_id, mailing.schedule_at, mailing.id)
        self._cap = cache(read_cap)
        self._seen = RecipientBitset(self._session, mailing.id)
        self._changes = CampaignChanges()
        # Recipient id of somebody who may have left → who has the address now, and their own row, if any.
        self._successors: dict[int, tuple[Classified, int | None]] = {}

    def add(self, people: Sequence[Person]) -> None:
        """Compares at most 1,000 people; those whom the Host does not describe as promised are nobody.

        Of somebody who is named twice the first address counts, and all rows become alike.
        """
        people = [person for person in people if not isinstance(person, UnusablePerson)]
        refs = [person.ref for person in people]
        frozen = recipient_changes.people_by_ref(self._session, self._mailing_id, refs)
        known, unmailed = list[_KnownPerson](), list[AddressedPerson]()
        for person, address in with_addresses(people):
            rows = frozen.get(person.ref, [])
            if any(row.id in self._seen for row in rows):
                continue
            for row in rows:
                self._seen.add(row.id)
                known.append(_KnownPerson(person, address, row))
            reasons = {row.reason for row in rows}
            self._changes.added += reasons <= {ExclusionReason.REMOVED}
            if reasons.issubset(_WITHOUT_ADDRESS):
                unmailed.append((person, address))
        self._correct(known)
        self._find_successors(unmailed, frozen)

    def result(self) -> CampaignChanges:
        """Finds the recipients that were not seen; called after the last chunk."""
        after, successors = 0, set[PersonRef]()
        while page := recipients.mailed_hashes_page(
            self._session, self._mailing_id, after, BATCH_SIZE
        ):
            after, _ = page[-1]
            for row_id, old_hash in page:
                if row_id not in self._seen:
                    self._replace_or_remove(row_id, old_hash, successors)
        return self._changes

    def _replace_or_remove(self, row_id: int, old_hash: bytes, used: set[PersonRef]) -> None:
        classified, own_id = self._successors.get(row_id, (None, None))
        if classified is None or classified.person.ref in used:
            self._changes.removed[row_id] = old_hash
            return
        used.add(classified.person.ref)
        if own_id is None:
            self._changes.added -= 1
            self._changes.corrected[row_id] = Correction(old_hash, classified)
        else:
            self._changes.removed[row_id] = old_hash
            self._changes.corrected[own_id] = Correction(b"", classified)

    def _correct(self, known: Sequence[_KnownPerson]) -> None:
        """A new address counts for the frequency cap; whoever keeps theirs was decided by the freeze."""
        changed = [each for each in known if each.has_new_address]
        cap = self._cap() if changed and self._is_capped else None
        people = [(person, address) for person, address, _ in changed]
        for each, classified in zip(changed, self._classify(people, cap), strict=True):
            self._changes.corrected[each.row.id] = Correction(each.row.member_hash, classified)

    def _find_successors(
        self, unmailed: Sequence[AddressedPerson], frozen: dict[PersonRef, list[FrozenPerson]]
    ) -> None:
        by_hash = {
            member_hash(classified.address): classified
            for classified in self._classify(unmailed)
            if classified.address and classified.reason is None
        }
        if not by_hash:
            return
        owners = recipient_changes.mailed_people_by_hash(self._session, self._mailing_id, by_hash)
        for owner in owners:
            classified = by_hash[owner.member_hash]
            own = frozen.get(classified.person.ref)
            self._successors.setdefault(owner.id, (classified, own[0].id if own else None))

    def _classify(
        self, people: Sequence[AddressedPerson], cap: CapFacts | None = None
    ) -> list[Classified]:
        if not people:
            return []
        facts = eligibility_facts(self._services, self._account_id, people)
        addresses = {address for _, address in people if address}
        facts = replace(facts, over_cap=over_cap(self._services, cap, addresses))
        return list(classify(people, facts))


def _corrected_row(
    row_id: int,
    correction: Correction,
    fields: Sequence[AudienceField],
    cap: FrequencyCap | None,
) -> dict[str, object]:
    columns = frozen_row(correction.classified, fields, cap)
    unknown_yet = {"primary_id": None, "in_audience": False}
    return {"id": row_id, **columns, **unknown_yet}
