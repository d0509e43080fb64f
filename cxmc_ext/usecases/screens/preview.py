"""The preview: a template as one recipient will read it, and which of its values are blank for some."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import operations, template_content
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules.merge_fields import KNOWN_TAGS, merge_values, render, tags_in
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import recipients as recipients_screen
from cxmc_ext.usecases.screens.progress import OperationStatus, operation_status
from cxmc_ext.usecases.sending.test_mail_requests import preview_scope


@dataclass(frozen=True, slots=True)
class MergeValue:
    """One merge tag of the mail: what this person has there, and how many have nothing."""

    tag: str
    text: str
    blank_count: int
    first_blank: int
    """The first recipient without it, counted from 1."""


@dataclass(frozen=True, slots=True)
class PreviewScreen:
    """`read_at` None: what the template holds has never been read."""

    template_id: int
    template_name: str
    read_at: int | None
    person_name: str
    address: str
    position: int
    """Which recipient this is, counted from 1; 0 where there is none."""
    recipient_count: int
    partial: bool
    """More people are in the campaign than a view looks at."""
    subject: str
    sender: str
    merge_values: tuple[MergeValue, ...]
    other_tags: tuple[str, ...]
    """Tags that MailChimp fills in."""
    reading: OperationStatus | None


@dataclass
class _RecipientScan:
    """One walk over those who will receive it."""

    person: Person | None = None
    position: int = 0
    count: int = 0
    partial: bool = False
    blank_counts: Counter[str] = field(default_factory=Counter)
    first_blank: dict[str, int] = field(default_factory=dict)


def is_content_current(services: Services, found: CampaignRows, template_id: int) -> bool:
    """What the template holds was read, and nobody has changed it since, as far as we know."""
    account = _require_account(found)
    read_at = template_content.read_at(services.session(), account.id, template_id)
    return read_at is not None and read_at >= (
        _stored_template(account, template_id).get("edited_at") or 0
    )


def build_preview(
    services: Services, campaign_ref: str, found: CampaignRows, template_id: int, wanted: int
) -> PreviewScreen | None:
    """:param wanted: which recipient, counted from 1.

    None for a template the account does not have.
    """
    account = _require_account(found)
    stored = _stored_template(account, template_id)
    if not stored:
        return None
    kept = template_content.get_html(services.session(), account.id, template_id)
    html, subject = kept[0] if kept else "", found.mailing.subject if found.mailing else ""
    tags = tags_in(subject, html)
    seen = _scan_recipients(
        services, campaign_ref, [tag for tag in tags if tag in KNOWN_TAGS], wanted
    )
    known = _values_of(seen.person)
    return PreviewScreen(
        template_id=template_id,
        template_name=str(stored["name"]),
        read_at=kept[1] if kept else None,
        person_name=seen.person.name if seen.person else "",
        address=seen.person.address if seen.person else "",
        position=seen.position,
        recipient_count=seen.count,
        partial=seen.partial,
        subject=render(subject, known, html=False),
        sender=_sender(found),
        merge_values=tuple(
            MergeValue(
                tag, known.get(tag, ""), seen.blank_counts[tag], seen.first_blank.get(tag, 0)
            )
            for tag in tags
            if tag in KNOWN_TAGS
        ),
        other_tags=tuple(tag for tag in tags if tag not in KNOWN_TAGS),
        reading=_reading(services, account.id, template_id, kept[1] if kept else 0),
    )


def rendered_mail(
    services: Services, campaign_ref: str, found: CampaignRows, template_id: int, wanted: int
) -> str | None:
    """The mail itself as that recipient reads it; HTML of a stranger, to be shown in a sandbox only."""
    kept = template_content.get_html(services.session(), _require_account(found).id, template_id)
    if kept is None:
        return None
    person = next(islice(_eligible_people(services, campaign_ref), max(wanted - 1, 0), None), None)
    return render(kept[0], _values_of(person))


def _scan_recipients(
    services: Services, campaign_ref: str, tags: Sequence[str], wanted: int
) -> _RecipientScan:
    seen = _RecipientScan()
    for person in _eligible_people(services, campaign_ref):
        if seen.count == recipients_screen.MAX_COUNTED:
            seen.partial = True
            break
        seen.count += 1
        known = _values_of(person)
        for tag in (tag for tag in tags if not known[tag]):
            seen.blank_counts[tag] += 1
            seen.first_blank.setdefault(tag, seen.count)
        if seen.count <= max(wanted, 1):
            seen.person, seen.position = person, seen.count
    return seen


def _eligible_people(services: Services, campaign_ref: str) -> Iterator[Person]:
    people = recipients_screen.classify(services, campaign_ref)
    return (person for person, reason in people if reason is None)


def _values_of(person: Person | None) -> dict[str, str]:
    return {**merge_values(person), "EMAIL": person.address.strip()} if person else {}


def _reading(
    services: Services, account_id: int, template_id: int, read_at: int
) -> OperationStatus | None:
    """The reading that is under way, or that failed since the last one that did not."""
    last = operations.get_latest(services.session(), preview_scope(account_id, template_id))
    shown = operation_status(services, last) if last else None
    failed = shown is not None and bool(shown.problems) and (shown.ended_at or 0) >= read_at
    return shown if shown and (shown.active or failed) else None


def _sender(found: CampaignRows) -> str:
    mailing = found.mailing
    if mailing is None or not mailing.from_email:
        return ""
    return (
        f"{mailing.from_name} <{mailing.from_email}>" if mailing.from_name else mailing.from_email
    )


def _stored_template(account: Account, template_id: int) -> Mapping[str, Any]:
    return next((one for one in account.templates or () if one["id"] == template_id), {})


def _require_account(found: CampaignRows) -> Account:
    assert found.account is not None  # noqa: S101 - `look` returns no other
    return found.account
