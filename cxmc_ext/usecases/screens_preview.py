"""The preview: a template as one recipient will read it, and which of its values are blank for some."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from cxmc_ext.db.models import Account
from cxmc_ext.db.queries import designs, operations
from cxmc_ext.db.queries.screens import Look
from cxmc_ext.domain.rules.merge import TAGS, merge_values, merged, tags_in
from cxmc_ext.domain.values import Person
from cxmc_ext.services import Services
from cxmc_ext.usecases import screens_people
from cxmc_ext.usecases.screens_trial import trial
from cxmc_ext.usecases.screens_values import Trial
from cxmc_ext.usecases.trial import preview_scope


@dataclass(frozen=True, slots=True)
class Value:
    """One merge tag of the mail: what this person has there, and how many have nothing."""

    tag: str
    text: str
    blank: int
    first: int
    """The first recipient without it, counted from 1."""


@dataclass(frozen=True, slots=True)
class Preview:
    """`read_at` None: what the template holds has never been read."""

    template_id: int
    template: str
    read_at: int | None
    person: str
    address: str
    number: int
    """Which recipient this is, counted from 1; 0 where there is none."""
    count: int
    partial: bool
    """More people are in the campaign than a view looks at."""
    subject: str
    sender: str
    values: tuple[Value, ...]
    others: tuple[str, ...]
    """Tags that MailChimp fills in."""
    trial: Trial | None


@dataclass
class _Survey:
    """One walk over those who will receive it."""

    person: Person | None = None
    number: int = 0
    count: int = 0
    partial: bool = False
    blank: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)


def is_fresh(services: Services, found: Look, template_id: int) -> bool:
    """What the template holds was read, and nobody has changed it since, as far as we know."""
    account = _account(found)
    read_at = designs.read_at(services.session(), account.id, template_id)
    return read_at is not None and read_at >= (_stored(account, template_id).get("edited_at") or 0)


def preview(
    services: Services, campaign_ref: str, found: Look, template_id: int, wanted: int
) -> Preview | None:
    """:param wanted: which recipient, counted from 1.

    None for a template the account does not have.
    """
    account = _account(found)
    stored = _stored(account, template_id)
    if not stored:
        return None
    kept = designs.of_template(services.session(), account.id, template_id)
    html, subject = kept[0] if kept else "", found.mailing.subject if found.mailing else ""
    tags = tags_in(subject, html)
    seen = _survey(services, campaign_ref, [tag for tag in tags if tag in TAGS], wanted)
    known = _values(seen.person)
    return Preview(
        template_id=template_id,
        template=str(stored["name"]),
        read_at=kept[1] if kept else None,
        person=seen.person.name if seen.person else "",
        address=seen.person.address if seen.person else "",
        number=seen.number,
        count=seen.count,
        partial=seen.partial,
        subject=merged(subject, known, html=False),
        sender=_sender(found),
        values=tuple(
            Value(tag, known.get(tag, ""), seen.blank[tag], seen.first.get(tag, 0))
            for tag in tags
            if tag in TAGS
        ),
        others=tuple(tag for tag in tags if tag not in TAGS),
        trial=_trial(services, account.id, template_id, kept[1] if kept else 0),
    )


def mail(
    services: Services, campaign_ref: str, found: Look, template_id: int, wanted: int
) -> str | None:
    """The mail itself as that recipient reads it; HTML of a stranger, to be shown in a sandbox only."""
    kept = designs.of_template(services.session(), _account(found).id, template_id)
    if kept is None:
        return None
    person = next(islice(_receivers(services, campaign_ref), max(wanted - 1, 0), None), None)
    return merged(kept[0], _values(person))


def _survey(services: Services, campaign_ref: str, tags: Sequence[str], wanted: int) -> _Survey:
    seen = _Survey()
    for person in _receivers(services, campaign_ref):
        if seen.count == screens_people.COUNTED:
            seen.partial = True
            break
        seen.count += 1
        known = _values(person)
        for tag in (tag for tag in tags if not known[tag]):
            seen.blank[tag] += 1
            seen.first.setdefault(tag, seen.count)
        if seen.count <= max(wanted, 1):
            seen.person, seen.number = person, seen.count
    return seen


def _receivers(services: Services, campaign_ref: str) -> Iterator[Person]:
    people = screens_people.judged(services, campaign_ref)
    return (person for person, reason in people if reason is None)


def _values(person: Person | None) -> dict[str, str]:
    return {**merge_values(person), "EMAIL": person.address.strip()} if person else {}


def _trial(services: Services, account_id: int, template_id: int, read_at: int) -> Trial | None:
    """The reading that is under way, or that failed since the last one that did not."""
    last = operations.last_of(services.session(), preview_scope(account_id, template_id))
    shown = trial(services, last) if last else None
    failed = shown is not None and bool(shown.whys) and (shown.ended_at or 0) >= read_at
    return shown if shown and (shown.active or failed) else None


def _sender(found: Look) -> str:
    mailing = found.mailing
    if mailing is None or not mailing.from_email:
        return ""
    return (
        f"{mailing.from_name} <{mailing.from_email}>" if mailing.from_name else mailing.from_email
    )


def _stored(account: Account, template_id: int) -> Mapping[str, Any]:
    return next((one for one in account.templates or () if one["id"] == template_id), {})


def _account(found: Look) -> Account:
    assert found.account is not None  # noqa: S101 - `look` returns no other
    return found.account
