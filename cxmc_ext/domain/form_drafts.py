"""The draft of a campaign's form: what was typed and is not sent yet."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class FormDraft:
    """One per campaign, shared by everybody who may send it."""

    values: Mapping[str, str] = field(default_factory=dict)
    """The text of each field, by the name of the field."""
    window: str = ""
    """The nonce of the form that saved it: the same window may save again without asking."""
    saved_at: int = 0
    saved_by: str = ""
    """`User.id`"""
    saved_by_name: str = ""

    @classmethod
    def from_json(cls, stored: Any) -> Self | None:
        """Reads a stored draft; None if nothing is saved."""
        return cls(**stored) if stored else None

    def to_json(self) -> dict[str, Any]:
        """The draft as it is stored."""
        return asdict(self)
