"""Who will receive a campaign and who not: from the host before it is frozen, from our rows after."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import accounts, erasure
from cxmc_ext.db.queries import recipient_pages as rows
from cxmc_ext.db.queries.mailings import counts_by
from cxmc_ext.db.queries.recipient_pages import RecipientFilter as RecipientFilter
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.people import OPT_OUT_TAG, Person, PersonKind, PersonRef
from cxmc_ext.domain.rules.addresses import normalize_address
from cxmc_ext.services import Services

MAX_COUNTED = 5000
"""People of an unsent campaign that a view counts; beyond it says “more than”."""


PAGE_SIZE = 100


_BATCH = 1000


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """One person of the ledger. `reason` None: receives the mail, or did."""

    name: str
    address: str
    person_url: str | None
    reason: ExclusionReason | None
    detail: str
    status: EventStatus


@dataclass(frozen=True, slots=True)
class RecipientCounts:
    """The campaign's people counted; `partial` where counting stopped before the end."""

    people: int = 0
    mailable: int = 0
    left_out_by_reason: Mapping[ExclusionReason, int] = field(default_factory=dict)
    in_no_mailing_group: int = 0
    """Of the receivers, members of the host's NoMailing group."""
    partial: bool = False

    @property
    def left_out(self) -> int:
        return sum(self.left_out_by_reason.values())


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """A page of the ledger; `frozen` False while everybody may still change."""

    rows: tuple[RecipientRow, ...]
    page: int
    has_more: bool
    frozen: bool
    counts: RecipientCounts
    status_counts: Mapping[str, int]


def count_recipients(services: Services, campaign_ref: str) -> RecipientCounts:
    """Counts at most the first `COUNTED` people."""
    left: Counter[ExclusionReason] = Counter()
    people = receivers = no_mailing = 0
    for person, reason in classify(services, campaign_ref):
        if people == MAX_COUNTED:
            return RecipientCounts(people, receivers, left, no_mailing, partial=True)
        people += 1
        if reason is None:
            receivers += 1
            no_mailing += person.no_mailing
        else:
            left[reason] += 1
    return RecipientCounts(people, receivers, left, no_mailing)


def recipient_page(
    services: Services, campaign_ref: str, found: CampaignRows, wanted: RecipientFilter, page: int
) -> RecipientPage:
    start = (page - 1) * PAGE_SIZE
    if is_frozen(found.mailing):
        mailing = _require_mailing(found.mailing)
        shown = rows.page(services.session(), mailing.id, wanted, start, PAGE_SIZE + 1)
        lines = [_recipient_row(services, row) for row in shown]
        return _page(lines, page, frozen=True, tally=_frozen_counts(mailing), mailing=mailing)
    kept = (line for line in _live_rows(services, campaign_ref) if _matches(line, wanted))
    lines = list(islice(kept, start, start + PAGE_SIZE + 1))
    return _page(
        lines, page, frozen=False, tally=count_recipients(services, campaign_ref), mailing=None
    )


def all_recipients(
    services: Services, campaign_ref: str, found: CampaignRows, wanted: RecipientFilter
) -> Iterator[RecipientRow]:
    """Every line of the ledger, in bounded memory; read while it is sent, when `found` is gone."""
    if is_frozen(found.mailing):
        return _frozen_rows(services, _require_mailing(found.mailing).id, wanted)
    return (line for line in _live_rows(services, campaign_ref) if _matches(line, wanted))


def is_frozen(mailing: Mailing | None) -> bool:
    return mailing is not None and mailing.frozen_at is not None


def person_statuses(
    services: Services, found: CampaignRows | None, refs: Collection[PersonRef]
) -> Mapping[PersonRef, tuple[ExclusionReason | None, EventStatus]]:
    """The one status of each of these people in a campaign; those it does not know are left out."""
    if found is None or not is_frozen(found.mailing):
        return {}
    wanted, mailing_id = list(refs), _require_mailing(found.mailing).id
    told: dict[PersonRef, tuple[ExclusionReason | None, EventStatus]] = {}
    by_key = {(str(ref.kind), ref.id): ref for ref in wanted}
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        for kind, person, reason, status in rows.statuses_of(services.session(), mailing_id, part):
            told[by_key[kind, person]] = (
                ExclusionReason(reason) if reason else None,
                EventStatus(status),
            )
    return told


def classify(
    services: Services, campaign_ref: str
) -> Iterator[tuple[Person, ExclusionReason | None]]:
    """Each person with why they will not receive it, as far as the host can know."""
    seen: set[str] = set()
    session = services.session()
    veil = erasure.suppression_list(
        session, accounts.get_or_create(session, services.account_ref).id
    )
    for chunk in services.host.people(campaign_ref):
        out = services.host.opted_out(OPT_OUT_TAG, [person.ref for person in chunk])
        for person in chunk:
            address = normalize_address(person.address)
            erased = address is not None and veil.digest_of(address)
            yield (
                person,
                ExclusionReason.ERASURE
                if erased
                else _exclusion_reason(person, address, out, seen),
            )


def _exclusion_reason(
    person: Person, address: str | None, out: set[PersonRef], seen: set[str]
) -> ExclusionReason | None:
    if person.ref in out:
        return ExclusionReason.OPTED_OUT
    if address is None:
        return (
            ExclusionReason.INVALID_ADDRESS
            if person.address.strip()
            else ExclusionReason.NO_ADDRESS
        )
    if address in seen:
        return ExclusionReason.DUPLICATE
    seen.add(address)
    return None


def _frozen_rows(
    services: Services, mailing_id: int, wanted: RecipientFilter
) -> Iterator[RecipientRow]:
    for row in rows.iterate(services.session(), mailing_id, wanted):
        yield _recipient_row(services, row)


def _live_rows(services: Services, campaign_ref: str) -> Iterator[RecipientRow]:
    for person, reason in classify(services, campaign_ref):
        url = services.host.person_url(person.ref)
        yield RecipientRow(person.name, person.address, url, reason, "", EventStatus.NONE)


def _matches(line: RecipientRow, wanted: RecipientFilter) -> bool:
    if wanted.left_out is not None and wanted.left_out != (line.reason is not None):
        return False
    return wanted.reason in {None, line.reason} and wanted.status in {None, line.status}


def _recipient_row(services: Services, row: Recipient) -> RecipientRow:
    ref = PersonRef(PersonKind(row.person_kind), row.person_id) if row.person_id else None
    return RecipientRow(
        name=row.name,
        address=row.address,
        person_url=services.host.person_url(ref) if ref else None,
        reason=ExclusionReason(row.reason) if row.reason else None,
        detail=row.detail,
        status=EventStatus(row.status),
    )


def _page(
    lines: Sequence[RecipientRow],
    page: int,
    *,
    frozen: bool,
    tally: RecipientCounts,
    mailing: Mailing | None,
) -> RecipientPage:
    return RecipientPage(
        rows=tuple(lines[:PAGE_SIZE]),
        page=page,
        has_more=len(lines) > PAGE_SIZE,
        frozen=frozen,
        counts=tally,
        status_counts=counts_by(mailing, "status"),
    )


def _frozen_counts(mailing: Mailing) -> RecipientCounts:
    left = {ExclusionReason(name): n for name, n in counts_by(mailing, "reason").items() if n}
    return RecipientCounts(mailing.people_count, mailing.mailable_count, left)


def _require_mailing(mailing: Mailing | None) -> Mailing:
    assert mailing is not None  # noqa: S101 - asked after `is_frozen`
    return mailing
