"""A problem: why something failed, waits or is refused, and the message a person reads for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cxmc_ext.domain.json_types import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason or failure.

    `code` selects the message; docs/errors.md lists them. `values` fill it in, and `detail` holds
    MailChimp's own words, which are shown beside it.
    """

    code: str
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """The form in which problems are stored; `problem_from_json` reads it."""
        return {"code": self.code, "detail": self.detail, "values": dict(self.values)}


@dataclass(frozen=True, slots=True)
class Message:
    """The English message of one problem code: what is the case, what to do, and where to read more.

    `%(name)s` stands for a value of the problem.
    """

    text: str
    remedy: str = ""
    link: str = ""


def problem_from_json(stored: Json) -> Problem | None:
    """Reads what `Problem.to_json` stored; None when there is none."""
    if not isinstance(stored, dict) or not stored.get("code"):
        return None
    values = stored.get("values")
    texts = {k: str(v) for k, v in values.items()} if isinstance(values, dict) else {}
    return Problem(str(stored["code"]), str(stored.get("detail") or ""), texts)


def problems_from_json(stored: object) -> tuple[Problem, ...]:
    """Reads a stored list of problems; anything else is an empty list."""
    items = stored if isinstance(stored, list) else []
    return tuple(problem for item in items if (problem := problem_from_json(item)))
