"""Blocks: lists of the Host that fill a region of a mail, such as the vacancies of a selection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.people import require_texts


@dataclass(frozen=True, slots=True)
class BlockItem:
    """One entry of a block, such as a vacancy.

    Raises:
        TypeError: A value is no text.
    """

    ref: str
    """Identifies the entry in the CRM, at most 64 characters. Clicks are told with it."""
    title: str
    """What the mail and the report call it, at most 150 characters."""
    url: str = ""
    """Where the title leads: an http or https address of at most 1,000 characters; "" for no link."""
    text: str = ""
    """Shown below the title, at most 500 characters. Line breaks are kept."""
    html: str = ""
    """The entry as a template of yours renders it, instead of title, link and text. It may contain what the
    editable regions of a template may contain; every link in it belongs to this entry."""

    def __post_init__(self) -> None:
        require_texts(self, "ref", "title", "url", "text", "html")


@dataclass(frozen=True, slots=True)
class Block:
    """A list that can fill a region.

    Raises:
        TypeError: A value is no text.
    """

    ref: str
    """Identifies the list within its campaign, at most 64 characters."""
    title: str
    """What the form and the report call it, such as “Vacancies”."""
    items: Sequence[BlockItem]

    def __post_init__(self) -> None:
        require_texts(self, "ref", "title")


@dataclass(frozen=True, slots=True)
class FilledItem:
    """An entry as it stands in a mail. `html` is cleaned."""

    ref: str
    title: str
    html: str


@dataclass(frozen=True, slots=True)
class FilledBlock:
    """A block as it fills a region: what the CRM said then, in the order that the user chose."""

    ref: str
    title: str
    items: tuple[FilledItem, ...]
    removed: tuple[str, ...] = ()
    """Refs of the entries that the user has removed: “Refresh” does not bring them back."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """A block as `to_json` stored it.

        Raises:
            KeyError, TypeError, ValueError: It was not stored by `to_json`.
        """
        items = tuple(FilledItem(*map(str, item)) for item in stored["items"])
        return cls(
            str(stored["ref"]), str(stored["title"]), items, tuple(map(str, stored["removed"]))
        )

    def to_json(self) -> dict[str, Json]:
        """The block as form and database store it."""
        items: list[Json] = [[item.ref, item.title, item.html] for item in self.items]
        return {
            "ref": self.ref,
            "title": self.title,
            "items": items,
            "removed": list(self.removed),
        }
