"""Which field of an audience gets which value of the CRM: fields that others made are left alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cxmc_ext.domain.merge_fields import AudienceField, MergeField, MergeFieldType

# MailChimp creates these with every audience, and users rename them: “Voornaam” is still the first name.
_OWN_OF_MAILCHIMP = ("FNAME", "LNAME")
_MAX_TAG_LENGTH = 10
_MAX_CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class PlannedField:
    """A field of ours: the one of the audience that it is, or the tag to create it with."""

    ours: MergeField
    tag: str
    existing: AudienceField | None = None

    def created(self) -> AudienceField:
        """The field of the audience after it was created."""
        ours = self.ours
        return AudienceField(
            self.tag,
            ours.label,
            ours.type,
            fallback=ours.fallback,
            choices=ours.choices,
            source=ours.tag,
        )


def plan_fields(
    wanted: Sequence[MergeField],
    existing: Iterable[AudienceField],
    stored: Iterable[AudienceField] = (),
) -> list[PlannedField]:
    """Finds the field of the audience for each of ours.

    A field with the same tag but another name or type was made by somebody else, for something else. Ours
    then gets the tag with a number: PREFIX2.

    Args:
        wanted: Our fields.
        existing: The fields of the audience.
        stored: What an earlier `plan_fields` led to in the same audience; those fields are ours even if
            somebody renamed them since.
    """
    by_tag = {field.tag: field for field in existing}
    known = {field.source: field.tag for field in stored if field.source and field.tag}
    taken: set[str] = set()
    planned = []
    for field in wanted:
        plan = _plan(field, by_tag, known.get(field.tag, ""), taken)
        taken.add(plan.tag)
        planned.append(plan)
    return planned


def combined(
    planned: Iterable[AudienceField], existing: Iterable[AudienceField]
) -> tuple[AudienceField, ...]:
    """All fields of the audience: ours, then those that others made."""
    ours = tuple(planned)
    tags = {field.tag for field in ours}
    return (*ours, *(field for field in existing if field.tag not in tags))


def _plan(
    field: MergeField, by_tag: Mapping[str, AudienceField], known_tag: str, taken: set[str]
) -> PlannedField:
    known = by_tag.get(known_tag)
    if known is not None and known.type == field.type:
        return PlannedField(field, known_tag, replace(known, source=field.tag))
    for tag in _candidates(field.tag):
        found = by_tag.get(tag)
        if tag in taken:
            continue
        if found is None:
            return PlannedField(field, tag)
        if _is_same(field, found):
            return PlannedField(field, tag, replace(found, source=field.tag))
    return PlannedField(field, "")


def _candidates(tag: str) -> Iterator[str]:
    yield tag
    for number in map(str, range(2, _MAX_CANDIDATES)):
        yield tag[: _MAX_TAG_LENGTH - len(number)] + number


def _is_same(field: MergeField, found: AudienceField) -> bool:
    if field.tag in _OWN_OF_MAILCHIMP:
        return found.type == MergeFieldType.TEXT
    return found.type == field.type and found.name.strip().casefold() == field.label.casefold()
