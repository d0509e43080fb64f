"""The merge tags of a mail: which of them the CRM fills in, and what a person's mail says there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import template_content
from cxmc_ext.db.queries.template_content import ContentFacts
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules.merge_fields import fields_from_json, merge_values, written_fields
from cxmc_ext.domain.rules.merge_tags import tags_in, unknown_tags
from cxmc_ext.domain.rules.regions import key_of
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared.regions import changed_regions

# Not a field, but its value is known.
_ADDRESS = AudienceField("EMAIL", "Email Address", source="EMAIL")


@dataclass(frozen=True, slots=True)
class MailTags:
    """The merge tags of a mail, each once, in order."""

    ours: tuple[AudienceField, ...]
    """The fields whose values come from the CRM."""
    of_mailchimp: tuple[str, ...]
    """Tags that MailChimp fills in: its own, and fields that somebody else made."""
    unknown: tuple[str, ...]
    """Tags that nobody fills in."""


def content_and_tags(
    services: Services, account: Account, template_id: int, subject: str, typed: Mapping[str, str]
) -> tuple[ContentFacts | None, MailTags]:
    """Finds the merge tags of a mail before it exists.

    Args:
        services: The services of the account.
        account: The account.
        template_id: The template; 0 for none.
        subject: The subject and the preview text.
        typed: What was typed in the template's regions.

    Returns:
        What is known of the template, None if it was never read; and the tags, as far as they are known.
    """
    session = services.session()
    content = template_content.facts(session, account.id, template_id) if template_id else None
    edited = changed_regions(typed, content.regions) if content else {}
    previewed = (
        template_content.facts(session, account.id, template_id, key_of(edited)) if edited else None
    )
    shown = previewed or content
    stored = shown.tags if shown else []
    tags = dict.fromkeys((*tags_in(subject, *edited.values()), *stored))
    return content, sort_tags(account, list(tags))


def tags_of(account: Account, *texts: str) -> MailTags:
    """Finds the merge tags of a subject and a template."""
    return sort_tags(account, tags_in(*texts))


def sort_tags(account: Account, tags: Sequence[str]) -> MailTags:
    """Says of each merge tag who fills it in."""
    ours = {field.tag: field for field in (*written_fields_of(account), _ADDRESS)}
    unknown = unknown_tags(tags, fields_from_json(account.merge_fields))
    return MailTags(
        tuple(ours[tag] for tag in tags if tag in ours),
        tuple(tag for tag in tags if tag not in ours and tag not in unknown),
        tuple(unknown),
    )


def written_fields_of(account: Account) -> tuple[AudienceField, ...]:
    """The fields of the account's audience that get a value of the CRM."""
    return written_fields(fields_from_json(account.merge_fields))


def shown_values(person: Person | None, fields: Sequence[AudienceField]) -> dict[str, str]:
    """What a person's mail says in the place of each tag: the value, else MailChimp's default."""
    if person is None:
        return {}
    values = merge_values(person, [field for field in fields if field.source != _ADDRESS.source])
    fallbacks = {field.tag: field.fallback for field in fields}
    shown = {tag: values.get(tag) or fallback for tag, fallback in fallbacks.items()}
    return shown | {_ADDRESS.tag: person.address.strip()}


def blank_tags(person: Person, fields: Sequence[AudienceField]) -> list[str]:
    """The tags in whose place a person's mail says nothing."""
    values = shown_values(person, fields)
    return [field.tag for field in fields if not values[field.tag]]
