"""The nouns both worlds share. All times are whole Unix seconds in UTC; nothing here changes once made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cxmc_ext.domain.json_types import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence in the making: a code of web/words, its values, and MailChimp's own words if any."""

    code: str
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        return {"code": self.code, "detail": self.detail, "values": dict(self.values)}


@dataclass(frozen=True, slots=True)
class Message:
    """English for one Why.code: what is so, what to do about it, and where to read more.

    %(name)s stands for a value of the Why; MailChimp's own words are shown beside it.
    """

    text: str
    remedy: str = ""
    link: str = ""


def problem_from_json(stored: Json) -> Problem | None:
    """The Why that `as_json` stored, or None where there is none."""
    if not isinstance(stored, dict) or not stored.get("code"):
        return None
    values = stored.get("values")
    named = {k: str(v) for k, v in values.items()} if isinstance(values, dict) else {}
    return Problem(str(stored["code"]), str(stored.get("detail") or ""), named)


def problems_from_json(stored: object) -> tuple[Problem, ...]:
    """Every Why of a stored list; empty where there is none."""
    items = stored if isinstance(stored, list) else []
    return tuple(why for item in items if (why := problem_from_json(item)))
