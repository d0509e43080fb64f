"""The list of templates in the form, and the search in accounts that have many."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.queries.tab import CampaignRows

# Accounts with more templates than this get a search field.
SEARCHABLE_ABOVE = 12
MAX_LISTED = 200
MAX_THUMBNAILS = 12
_MAX_SEARCH_LENGTH = 100


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """One template; a template that is not usable is listed but cannot be chosen."""

    id: int
    name: str
    thumbnail: str
    edited_at: int | None
    usable: bool
    is_design: bool = False
    """It is the design of an existing campaign."""


@dataclass(frozen=True, slots=True)
class TemplateChoices:
    """The list of templates as the form shows it."""

    listed: tuple[TemplateChoice, ...]
    selected: TemplateChoice | None
    """The selected template, if the search or the limit has removed it from `listed`."""
    thumbnails: tuple[TemplateChoice, ...]
    search: str
    match_count: int
    total: int

    @property
    def searchable(self) -> bool:
        """Whether there are so many templates that the form offers a search."""
        return self.total > SEARCHABLE_ABOVE


def template_choices(rows: CampaignRows) -> tuple[TemplateChoice, ...]:
    """Returns the account's own templates as they were last read from MailChimp, newest first."""
    stored = rows.account.templates if rows.account else None
    return tuple(_choice(template) for template in stored or ())


def search_templates(
    templates: Sequence[TemplateChoice], search: str, selected_id: str
) -> TemplateChoices:
    """Searches templates by name.

    Args:
        templates: All templates of the account.
        search: Words that must all occur in the name; case and accents are ignored. Ignored in an
            account that has no search field.
        selected_id: The id of the template selected in the form; it stays available in any case.
    """
    searchable = len(templates) > SEARCHABLE_ABOVE
    search = " ".join(search[:_MAX_SEARCH_LENGTH].split()) if searchable else ""
    words = _fold(search).split()
    matching = [template for template in templates if _name_contains(template, words)]
    listed = tuple(matching[:MAX_LISTED])
    selected = (template for template in templates if str(template.id) == selected_id)
    return TemplateChoices(
        listed=listed,
        selected=next((template for template in selected if template not in listed), None),
        thumbnails=tuple(each for each in listed if each.usable and not each.is_design)[
            :MAX_THUMBNAILS
        ],
        search=search,
        match_count=len(matching),
        total=len(templates),
    )


def _name_contains(template: TemplateChoice, words: Sequence[str]) -> bool:
    name = _fold(template.name) if words else ""
    return all(word in name for word in words)


def _fold(text: str) -> str:
    """The text without case and accents: “Café” becomes “cafe”."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _choice(stored: dict[str, Any]) -> TemplateChoice:
    return TemplateChoice(
        id=int(stored["id"]),
        name=str(stored["name"]),
        thumbnail=str(stored.get("thumbnail") or ""),
        edited_at=stored.get("edited_at"),
        usable=bool(stored["usable"]),
        is_design="campaign" in stored,
    )
