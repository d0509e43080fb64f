"""Who will receive a campaign and who not: from the host before it is frozen, from our rows after."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from cxmc_ext.db.models import Mailing, Recipient
from cxmc_ext.db.queries import accounts, erasure
from cxmc_ext.db.queries import screens_ledger as rows
from cxmc_ext.db.queries.screens import Look
from cxmc_ext.db.queries.screens_ledger import Filter as Filter
from cxmc_ext.domain.rules.addresses import normalise
from cxmc_ext.domain.values import OPT_OUT_TAG, Person, PersonKind, PersonRef, Reason, Status
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens_values import Tally

COUNTED = 5000
"""People of an unsent campaign that a view counts; beyond it says “more than”."""
PAGE = 100
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the ledger. `reason` None: receives the mail, or did."""

    name: str
    address: str
    url: str | None
    reason: Reason | None
    detail: str
    status: Status


@dataclass(frozen=True, slots=True)
class Ledger:
    """A page of the ledger; `frozen` False while everybody may still change."""

    lines: tuple[Line, ...]
    page: int
    more: bool
    frozen: bool
    tally: Tally
    statuses: Mapping[str, int]


def tally(services: Services, campaign_ref: str) -> Tally:
    """Counts at most the first `COUNTED` people."""
    left: Counter[Reason] = Counter()
    people = receivers = no_mailing = 0
    for person, reason in judged(services, campaign_ref):
        if people == COUNTED:
            return Tally(people, receivers, left, no_mailing, partial=True)
        people += 1
        if reason is None:
            receivers += 1
            no_mailing += person.no_mailing
        else:
            left[reason] += 1
    return Tally(people, receivers, left, no_mailing)


def ledger(services: Services, campaign_ref: str, found: Look, wanted: Filter, page: int) -> Ledger:
    start = (page - 1) * PAGE
    if is_frozen(found.mailing):
        mailing = _known(found.mailing)
        shown = rows.page(services.session(), mailing.id, wanted, start, PAGE + 1)
        lines = [_line(services, row) for row in shown]
        return _page(lines, page, frozen=True, tally=_frozen_tally(mailing), mailing=mailing)
    kept = (line for line in _live(services, campaign_ref) if _fits(line, wanted))
    lines = list(islice(kept, start, start + PAGE + 1))
    return _page(lines, page, frozen=False, tally=tally(services, campaign_ref), mailing=None)


def everybody(services: Services, campaign_ref: str, found: Look, wanted: Filter) -> Iterator[Line]:
    """Every line of the ledger, in bounded memory; read while it is sent, when `found` is gone."""
    if is_frozen(found.mailing):
        return _stored(services, _known(found.mailing).id, wanted)
    return (line for line in _live(services, campaign_ref) if _fits(line, wanted))


def is_frozen(mailing: Mailing | None) -> bool:
    return mailing is not None and mailing.frozen_at is not None


def standings(
    services: Services, found: Look | None, refs: Collection[PersonRef]
) -> Mapping[PersonRef, tuple[Reason | None, Status]]:
    """The one status of each of these people in a campaign; those it does not know are left out."""
    if found is None or not is_frozen(found.mailing):
        return {}
    wanted, mailing_id = list(refs), _known(found.mailing).id
    told: dict[PersonRef, tuple[Reason | None, Status]] = {}
    by_key = {(str(ref.kind), ref.id): ref for ref in wanted}
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        for kind, person, reason, status in rows.standings(services.session(), mailing_id, part):
            told[by_key[kind, person]] = (Reason(reason) if reason else None, Status(status))
    return told


def judged(services: Services, campaign_ref: str) -> Iterator[tuple[Person, Reason | None]]:
    """Each person with why they will not receive it, as far as the host can know."""
    seen: set[str] = set()
    session = services.session()
    veil = erasure.veil(session, accounts.of_ref(session, services.account_ref).id)
    for chunk in services.host.people(campaign_ref):
        out = services.host.opted_out(OPT_OUT_TAG, [person.ref for person in chunk])
        for person in chunk:
            address = normalise(person.address)
            erased = address is not None and veil.mark_of(address)
            yield person, Reason.ERASED if erased else _reason(person, address, out, seen)


def _reason(
    person: Person, address: str | None, out: set[PersonRef], seen: set[str]
) -> Reason | None:
    if person.ref in out:
        return Reason.OPTED_OUT
    if address is None:
        return Reason.INVALID_ADDRESS if person.address.strip() else Reason.NO_ADDRESS
    if address in seen:
        return Reason.DUPLICATE
    seen.add(address)
    return None


def _stored(services: Services, mailing_id: int, wanted: Filter) -> Iterator[Line]:
    for row in rows.stream(services.session(), mailing_id, wanted):
        yield _line(services, row)


def _live(services: Services, campaign_ref: str) -> Iterator[Line]:
    for person, reason in judged(services, campaign_ref):
        url = services.host.person_url(person.ref)
        yield Line(person.name, person.address, url, reason, "", Status.NONE)


def _fits(line: Line, wanted: Filter) -> bool:
    if wanted.left is not None and wanted.left != (line.reason is not None):
        return False
    return wanted.reason in {None, line.reason} and wanted.status in {None, line.status}


def _line(services: Services, row: Recipient) -> Line:
    ref = PersonRef(PersonKind(row.person_kind), row.person_id) if row.person_id else None
    return Line(
        name=row.name,
        address=row.address,
        url=services.host.person_url(ref) if ref else None,
        reason=Reason(row.reason) if row.reason else None,
        detail=row.detail,
        status=Status(row.status),
    )


def _page(
    lines: Sequence[Line], page: int, *, frozen: bool, tally: Tally, mailing: Mailing | None
) -> Ledger:
    return Ledger(
        lines=tuple(lines[:PAGE]),
        page=page,
        more=len(lines) > PAGE,
        frozen=frozen,
        tally=tally,
        statuses=named_counts(mailing, "status"),
    )


def _frozen_tally(mailing: Mailing) -> Tally:
    left = {Reason(name): n for name, n in named_counts(mailing, "reason").items() if n}
    return Tally(mailing.people, mailing.receivers, left)


def named_counts(mailing: Mailing | None, kind: str) -> dict[str, int]:
    counts = mailing.counts if mailing and isinstance(mailing.counts, dict) else {}
    return {str(name): int(n) for name, n in (counts.get(kind) or {}).items()}


def _known(mailing: Mailing | None) -> Mailing:
    assert mailing is not None  # noqa: S101 - asked after `is_frozen`
    return mailing
