"""The values of a person for the merge fields of an audience, and which of them must be written."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain

from cxmc_ext.domain.merge_fields import AudienceField, MergeField, MergeFieldType
from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules.texts import cut_to_bytes

# What `Person` has a field for. MailChimp creates the first two with every audience.
BUILT_IN_FIELDS = (
    MergeField("FNAME", "First Name"),
    MergeField("LNAME", "Last Name"),
    MergeField("OWNERNAME", "Owner Name"),
    MergeField("OWNERMAIL", "Owner Email"),
    MergeField("PREFIX", "Last Name Prefix"),
)
# The fields of an audience before “Initialize” has read it.
DEFAULT_FIELDS = tuple(
    AudienceField(field.tag, field.label, source=field.tag) for field in BUILT_IN_FIELDS
)
# MailChimp cuts the text of a merge field after 255 bytes. We cut it too, or it would always differ:
# https://mailchimp.com/developer/marketing/docs/merge-fields/
_MAX_BYTES = 255


def fields_from_json(stored: Iterable[Mapping[str, object]] | None) -> tuple[AudienceField, ...]:
    """The fields of an account's audience, as its row stores them."""
    return tuple(AudienceField.from_json(row) for row in stored or ()) or DEFAULT_FIELDS


def written_fields(fields: Iterable[AudienceField]) -> tuple[AudienceField, ...]:
    """The fields that get a value of the CRM."""
    return tuple(field for field in fields if field.source and field.tag)


def merge_values(
    person: Person, fields: Sequence[AudienceField] = DEFAULT_FIELDS
) -> dict[str, str]:
    """The values of a person as {tag of the audience: text}.

    Every field has a value, so that values can become empty too. One that does not fit its field is left
    out: MailChimp would refuse the person because of it.

    Args:
        person: The person.
        fields: The `written_fields` of the audience.
    """
    values = _crm_values(person)
    found = ((field, sanitize(values.get(field.source, ""))) for field in fields)
    return {
        field.tag: value and _as_stored(value, field)
        for field, value in found
        if not value or _fits(value, field)
    }


def unfit_fields(person: Person, fields: Sequence[AudienceField]) -> list[AudienceField]:
    """The fields whose type or choices do not allow the person's value."""
    typed = [field for field in fields if field.type != MergeFieldType.TEXT]
    if not typed:
        return []
    values = _crm_values(person)
    return [field for field in typed if not _fits(sanitize(values.get(field.source, "")), field)]


def full_last_name(person: Person) -> str:
    """The last name with its prefix once: “van der Berg”, also if `last_name` has it already."""
    prefix, last_name = person.prefix.strip(), person.last_name.strip()
    if not prefix or not last_name or last_name.casefold().startswith(f"{prefix} ".casefold()):
        return last_name
    joined = len(prefix) > 1 and prefix.endswith(("'", "’", "-"))
    return f"{prefix}{last_name}" if joined else f"{prefix} {last_name}"


def sanitize(text: str) -> str:
    """Makes a value safe to insert: no merge tag inside, on one line, within MailChimp's length."""
    if not text:
        return ""
    one_line = " ".join(text.replace("*|", "* |").replace("|*", "| *").split())
    return cut_to_bytes(one_line, _MAX_BYTES)


def values_to_write(
    wanted: Mapping[str, str], stored: Mapping[str, str], written: Mapping[str, str]
) -> dict[str, str]:
    """The values of a member that must be written to MailChimp.

    An empty value only replaces a value that we wrote ourselves: any other one was entered there by
    somebody, possibly into a field of that name that means something else.

    Args:
        wanted: The person's values in the CRM.
        stored: The member's values at MailChimp.
        written: The values that we wrote last; empty if we never did.

    Returns:
        Those that differ. Tags the audience lacks are left out.
    """
    return {
        tag: value
        for tag, value in wanted.items()
        if tag in stored and stored[tag] != value and (value or stored[tag] == written.get(tag))
    }


def without_refused(values: Mapping[str, str], refused: Iterable[str]) -> dict[str, str] | None:
    """The values without the tags that MailChimp refused; None if it refused none of them."""
    tags = values.keys() & set(refused)
    return {tag: value for tag, value in values.items() if tag not in tags} if tags else None


def _crm_values(person: Person) -> dict[str, str]:
    """{tag by which we know the value: text}"""
    return {
        **person.merge_values,
        "FNAME": person.first_name or person.name,
        "LNAME": full_last_name(person),
        "PREFIX": person.prefix,
        "OWNERNAME": person.owner_name,
        "OWNERMAIL": person.owner_email,
    }


def _fits(value: str, field: AudienceField) -> bool:
    check = _TYPE_CHECKS.get(field.type)
    return not value or check is None or check(value, field)


def _as_stored(value: str, field: AudienceField) -> str:
    """The value as MailChimp gives it back: a number that is written differently would always differ."""
    if not value or field.type != MergeFieldType.NUMBER:
        return value
    number = float(value)
    return str(int(number)) if number.is_integer() else str(number)


def _is_number(value: str, _: AudienceField) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _is_date(value: str, _: AudienceField) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_url(value: str, _: AudienceField) -> bool:
    return re.fullmatch(r"https?://[^\s/]+\S*", value, re.IGNORECASE) is not None


def _is_choice(value: str, field: AudienceField) -> bool:
    return value in field.choices


_TYPE_CHECKS: Mapping[str, Callable[[str, AudienceField], bool]] = {
    MergeFieldType.NUMBER: _is_number,
    MergeFieldType.DATE: _is_date,
    MergeFieldType.URL: _is_url,
    MergeFieldType.DROPDOWN: _is_choice,
}

_ALL_TYPES = frozenset(MergeFieldType)
_TAG = re.compile(r"[A-Z][A-Z0-9_]{0,9}", re.ASCII)
_MAX_LABEL_LENGTH = 50
# Tags that mean something else at MailChimp, besides the built-in ones.
_RESERVED_TAGS = frozenset({"EMAIL", "UNSUB", "ARCHIVE", "FORWARD", "UNIQID", "ADDRESS", "PHONE"})


def declaration_faults(declared: Iterable[object]) -> list[str]:
    """What is wrong with the merge fields that a Host declares, in English for its developer."""
    faults: list[str] = []
    seen = {field.tag for field in BUILT_IN_FIELDS} | _RESERVED_TAGS
    for field in declared:
        if not isinstance(field, MergeField):
            faults.append(f"it returned {type(field).__name__} instead of MergeField")
            continue
        faults += (f"{field.tag!r}: {fault}" for fault in _faults_of(field, seen))
        seen.add(field.tag)
    return faults


def _faults_of(field: MergeField, seen: set[str]) -> Iterable[str]:
    texts = chain((field.tag, field.label, field.fallback), field.choices)
    if not all(isinstance(text, str) for text in texts):
        yield "tag, label, fallback and choices must be str"
        return
    if not _TAG.fullmatch(field.tag):
        yield "a tag has 1 to 10 capitals, digits or underscores and begins with a capital"
    if field.tag in seen:
        yield "this tag is taken"
    if not 0 < len(field.label.strip()) <= _MAX_LABEL_LENGTH:
        yield f"a label has 1 to {_MAX_LABEL_LENGTH} characters"
    if field.type not in _ALL_TYPES:
        yield "type is no MergeFieldType"
    if (field.type == MergeFieldType.DROPDOWN) != bool(field.choices):
        yield "a DROPDOWN has choices, and no other field has"
    elif not _fits(field.fallback, AudienceField("", "", field.type, choices=field.choices)):
        yield "the fallback does not fit the type"
