"""Merge fields: what a Host offers besides names, and what an audience at MailChimp has.

A merge field is a column of an audience. Its tag stands in a template: `*|JOBTITLE|*`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from cxmc_ext.domain.json_types import Json


class MergeFieldType(StrEnum):
    """The types that a Host can declare. MailChimp refuses a value that does not fit the type."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    """Values are written YYYY-MM-DD."""
    URL = "url"
    DROPDOWN = "dropdown"
    """One of the field's choices."""


@dataclass(frozen=True, slots=True)
class MergeField:
    """A merge field that a Host declares with `MergeFieldHost.merge_fields`."""

    tag: str
    """What a template says between `*|` and `|*`: 1 to 10 capitals, digits or underscores, such as
    "JOBTITLE". It also names the value in `Person.merge_values`."""
    label: str
    """The name of the field in MailChimp and on the screens, at most 50 characters."""
    type: MergeFieldType = MergeFieldType.TEXT
    fallback: str = ""
    """What the mail says where the value is empty. MailChimp stores it with the field, once, when
    “Initialize” creates the field."""
    choices: tuple[str, ...] = ()
    """The choices of a DROPDOWN."""


@dataclass(frozen=True, slots=True)
class AudienceField:
    """A merge field of an audience, and which value of a person it gets."""

    tag: str
    """"" for a field of ours that could not be added."""
    name: str
    type: str = MergeFieldType.TEXT
    """MailChimp's type, also one that a Host cannot declare, such as "address"."""
    fallback: str = ""
    """What MailChimp inserts where the value is empty (`default_value`)."""
    required: bool = False
    choices: tuple[str, ...] = ()
    source: str = ""
    """The tag by which we know the value: of a built-in field or of `MergeField`. "" for a field that
    somebody else made, which is never written."""
    fault: str = ""
    """Why it could not be added, in MailChimp's words."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """A field as `to_json` stored it."""
        return cls(**{**stored, "choices": tuple(stored["choices"])})

    def to_json(self) -> dict[str, Json]:
        """The field as the account's row stores it."""
        return {**asdict(self), "choices": list(self.choices)}
