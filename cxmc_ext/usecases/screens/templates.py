"""The choice of a template: every one of a small account, of a large one what a search leaves."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.queries.tab import CampaignRows

SEARCHABLE_FROM = 12
"""An account with more templates than this gets a field to search them by name."""


MAX_LISTED = 200


MAX_THUMBNAILS = 12


_MAX_SEARCH_LENGTH = 100


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """A template of the form; one that cannot be used is shown, not offered."""

    id: int
    name: str
    thumbnail: str
    edited_at: int | None
    usable: bool


@dataclass(frozen=True, slots=True)
class TemplateChoices:
    """What the list of templates offers.

    `chosen` stands above `found` where the search, or the length of the list, has left it out.
    """

    listed: tuple[TemplateChoice, ...]
    selected: TemplateChoice | None
    thumbnails: tuple[TemplateChoice, ...]
    search: str
    match_count: int
    total: int

    @property
    def searchable(self) -> bool:
        return self.total > SEARCHABLE_FROM


def template_choices(found: CampaignRows) -> tuple[TemplateChoice, ...]:
    """The account's own ones as they were read last, newest first."""
    stored = found.account.templates if found.account else None
    return tuple(_choice(one) for one in stored or ())


def search_templates(known: Sequence[TemplateChoice], find: str, chosen: str) -> TemplateChoices:
    """:param find: words that all stand in the name; capitals and accents make no difference.
    :param chosen: id of the template in the form, which stays whatever is searched.
    """
    find = " ".join(find[:_MAX_SEARCH_LENGTH].split()) if len(known) > SEARCHABLE_FROM else ""
    words = _fold(find).split()
    matching = [one for one in known if _name_contains(one, words)]
    listed = matching[:MAX_LISTED]
    usable = (one for one in listed if one.usable)
    return TemplateChoices(
        listed=tuple(listed),
        selected=next((one for one in known if str(one.id) == chosen and one not in listed), None),
        thumbnails=tuple(one for one, _ in zip(usable, range(MAX_THUMBNAILS), strict=False)),
        search=find,
        match_count=len(matching),
        total=len(known),
    )


def _name_contains(one: TemplateChoice, words: Sequence[str]) -> bool:
    name = _fold(one.name) if words else ""
    return all(word in name for word in words)


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _choice(stored: dict[str, Any]) -> TemplateChoice:
    return TemplateChoice(
        id=int(stored["id"]),
        name=str(stored["name"]),
        thumbnail=str(stored.get("thumbnail") or ""),
        edited_at=stored.get("edited_at"),
        usable=bool(stored["usable"]),
    )
