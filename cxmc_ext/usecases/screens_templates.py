"""The choice of a template: every one of a small account, of a large one what a search leaves."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cxmc_ext.db.queries.screens import Look
from cxmc_ext.usecases.screens_values import Choice

SEARCHED = 12
"""An account with more templates than this gets a field to search them by name."""
LISTED = 200
PICTURES = 12
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """What the list of templates offers.

    `chosen` stands above `found` where the search, or the length of the list, has left it out.
    """

    found: tuple[Choice, ...]
    chosen: Choice | None
    pictures: tuple[Choice, ...]
    find: str
    matching: int
    total: int

    @property
    def searched(self) -> bool:
        return self.total > SEARCHED


def templates(found: Look) -> tuple[Choice, ...]:
    """The account's own ones as they were read last, newest first."""
    stored = found.account.templates if found.account else None
    return tuple(_choice(one) for one in stored or ())


def offer(known: Sequence[Choice], find: str, chosen: str) -> Offer:
    """:param find: words that all stand in the name; capitals and accents make no difference.
    :param chosen: id of the template in the form, which stays whatever is searched.
    """
    find = " ".join(find[:_LONGEST].split()) if len(known) > SEARCHED else ""
    words = _plain(find).split()
    matching = [one for one in known if _has(one, words)]
    listed = matching[:LISTED]
    usable = (one for one in listed if one.usable)
    return Offer(
        found=tuple(listed),
        chosen=next((one for one in known if str(one.id) == chosen and one not in listed), None),
        pictures=tuple(one for one, _ in zip(usable, range(PICTURES), strict=False)),
        find=find,
        matching=len(matching),
        total=len(known),
    )


def _has(one: Choice, words: Sequence[str]) -> bool:
    name = _plain(one.name) if words else ""
    return all(word in name for word in words)


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _choice(stored: dict[str, Any]) -> Choice:
    return Choice(
        id=int(stored["id"]),
        name=str(stored["name"]),
        thumbnail=str(stored.get("thumbnail") or ""),
        edited_at=stored.get("edited_at"),
        usable=bool(stored["usable"]),
    )
