"""The preview: a template as one recipient will see it, and which merge values are blank for some."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import operations, template_content
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules.merge_tags import render
from cxmc_ext.domain.rules.readable_addresses import readable_address
from cxmc_ext.domain.rules.regions import key_of
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import regions
from cxmc_ext.usecases.screens.eligibility import MAX_COUNTED, mailable_people
from cxmc_ext.usecases.screens.form_values import SendForm
from cxmc_ext.usecases.screens.mail_tags import (
    blank_tags,
    shown_values,
    tags_of,
    written_fields_of,
)
from cxmc_ext.usecases.screens.models import account_of
from cxmc_ext.usecases.screens.progress import OperationStatus, operation_status
from cxmc_ext.usecases.sending.form_drafts import saved_values
from cxmc_ext.usecases.sending.test_mail_requests import preview_scope
from cxmc_ext.usecases.shared.regions import edited_regions


@dataclass(frozen=True, slots=True)
class MergeValue:
    """One merge tag of the mail: this person's value, and how many recipients have none."""

    tag: str
    name: str
    """What MailChimp calls the field."""
    source: str
    """The built-in field it is, by its tag; or the tag that the Host declares."""
    text: str
    """What the mail says: the value, else MailChimp's default for the field."""
    blank_count: int
    first_blank: int
    """The position of the first recipient without a value, counted from 1."""


@dataclass(frozen=True, slots=True)
class PreviewScreen:
    """The preview; `read_at` None means that the content of the template was never read."""

    template_id: int
    template_name: str
    read_at: int | None
    person_name: str
    address: str
    position: int
    """The position of the shown recipient, counted from 1; 0 when there are no recipients."""
    recipient_count: int
    partial: bool
    """True when the campaign has more recipients than were counted."""
    subject: str
    preview_text: str
    sender: str
    merge_values: tuple[MergeValue, ...]
    other_tags: tuple[str, ...]
    """Tags that MailChimp fills in."""
    unknown_tags: tuple[str, ...]
    """Tags that nobody fills in."""
    reading: OperationStatus | None
    """The reading of the template, in progress or failed."""


@dataclass
class _RecipientScan:
    """What one pass over the recipients has found."""

    person: Person | None = None
    position: int = 0
    count: int = 0
    partial: bool = False
    blank_counts: Counter[str] = field(default_factory=Counter)
    first_blank: dict[str, int] = field(default_factory=dict)


def is_content_current(services: Services, rows: CampaignRows, template_id: int) -> bool:
    """Whether the content of a template was read after it was last edited, as far as we know."""
    account, session = account_of(rows), services.session()
    key = key_of(_edited_regions(services, rows, template_id))
    content = template_content.facts(session, account.id, template_id, key)
    edited_at = _stored_template(account, template_id).get("edited_at") or 0
    return content is not None and content.read_at >= edited_at


def typed_regions(rows: CampaignRows, template_id: int) -> dict[str, str]:
    """What is saved of the form for the editable regions of a template."""
    names = ("regions", "blocks", "regions_of")
    saved = saved_values(rows.mailing)
    form = SendForm(template_id=str(template_id), **{name: saved.get(name, "") for name in names})
    return regions.typed_regions(form)


def _edited_regions(services: Services, rows: CampaignRows, template_id: int) -> dict[str, str]:
    account, typed = account_of(rows), typed_regions(rows, template_id)
    return edited_regions(services.session(), account.id, template_id, typed)


def build_preview(
    services: Services, campaign_ref: str, rows: CampaignRows, template_id: int, position: int
) -> PreviewScreen | None:
    """Builds the preview for one recipient.

    Args:
        services: The services of the account.
        campaign_ref: `Campaign.ref` of the campaign.
        rows: The campaign's rows (`tab.load_rows`).
        template_id: The template.
        position: Which recipient to show, counted from 1; the last one if there are fewer.

    Returns:
        The preview; None for a template that the account does not have.
    """
    account = account_of(rows)
    template = _stored_template(account, template_id)
    if not template:
        return None
    edited = _edited_regions(services, rows, template_id)
    content = template_content.get_html(services.session(), account.id, template_id, key_of(edited))
    html, read_at = content or ("", None)
    form = saved_values(rows.mailing)
    subject, preview_text = form.get("subject", ""), form.get("preview_text", "")
    tags = tags_of(account, subject, preview_text, html)
    scan = _scan_recipients(services, campaign_ref, account.id, tags.ours, position)
    values = shown_values(scan.person, written_fields_of(account))
    return PreviewScreen(
        template_id=template_id,
        template_name=str(template["name"]),
        read_at=read_at,
        person_name=scan.person.name if scan.person else "",
        address=scan.person.address if scan.person else "",
        position=scan.position,
        recipient_count=scan.count,
        partial=scan.partial,
        subject=render(subject, values, html=False),
        preview_text=render(preview_text, values, html=False),
        sender=_sender(form),
        merge_values=_merge_values(tags.ours, values, scan),
        other_tags=tags.of_mailchimp,
        unknown_tags=tags.unknown,
        reading=_reading(services, preview_scope(account.id, template_id, edited), read_at or 0),
    )


def rendered_mail(
    services: Services, campaign_ref: str, rows: CampaignRows, template_id: int, position: int
) -> str | None:
    """Renders the mail as one recipient will see it.

    Args:
        services: The services of the account.
        campaign_ref: `Campaign.ref` of the campaign.
        rows: The campaign's rows (`tab.load_rows`).
        template_id: The template.
        position: Which recipient, counted from 1.

    Returns:
        Untrusted HTML, to be shown in a sandbox only; None if the template was never read.
    """
    account = account_of(rows)
    key = key_of(_edited_regions(services, rows, template_id))
    content = template_content.get_html(services.session(), account.id, template_id, key)
    if content is None:
        return None
    people = islice(mailable_people(services, campaign_ref, account.id), max(position - 1, 0), None)
    return render(content[0], shown_values(next(people, None), written_fields_of(account)))


def _scan_recipients(
    services: Services,
    campaign_ref: str,
    account_id: int,
    fields: Sequence[AudienceField],
    position: int,
) -> _RecipientScan:
    scan = _RecipientScan()
    for person in mailable_people(services, campaign_ref, account_id):
        if scan.count == MAX_COUNTED:
            scan.partial = True
            break
        scan.count += 1
        for tag in blank_tags(person, fields):
            scan.blank_counts[tag] += 1
            scan.first_blank.setdefault(tag, scan.count)
        if scan.count <= max(position, 1):
            scan.person, scan.position = person, scan.count
    return scan


def _merge_values(
    fields: Sequence[AudienceField], values: Mapping[str, str], scan: _RecipientScan
) -> tuple[MergeValue, ...]:
    return tuple(
        MergeValue(
            tag=field.tag,
            name=field.name,
            source=field.source,
            text=values.get(field.tag, ""),
            blank_count=scan.blank_counts[field.tag],
            first_blank=scan.first_blank.get(field.tag, 0),
        )
        for field in fields
    )


def _reading(services: Services, scope: str, read_at: int) -> OperationStatus | None:
    """The reading of the template, if it is in progress or failed since the content was read."""
    operation = operations.get_latest(services.session(), scope)
    if operation is None:
        return None
    status = operation_status(services, operation)
    has_failed = bool(status.problems) and (status.ended_at or 0) >= read_at
    return status if status.active or has_failed else None


def _sender(form: Mapping[str, str]) -> str:
    name, address = form.get("from_name", ""), readable_address(form.get("from_email"))
    if not address:
        return ""
    return f"{name} <{address}>" if name else address


def _stored_template(account: Account, template_id: int) -> Mapping[str, Any]:
    templates = account.templates or ()
    return next((template for template in templates if template["id"] == template_id), {})
