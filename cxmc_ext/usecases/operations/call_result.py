"""How a remote call of an operation ended."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from cxmc_ext.domain.errors import MailChimpError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallResult(Generic[T]):
    """The outcome of one of several parallel calls: a value or an error, and how many values were dropped."""

    value: T | None
    error: MailChimpError | None
    duration_ms: int
    dropped_values: int = 0

    def unwrap(self) -> T:
        """Returns the value, or raises the call's error."""
        if self.error is not None:
            raise self.error
        return cast(T, self.value)

    def columns(self, row: int) -> dict[str, Any]:
        """The columns of the outcome, for the row with this id in the table of remote calls."""
        error = self.error
        return {
            "row": row,
            "outcome": (error.recorded_as or error.outcome) if error else "ok",
            "status": error.status if error else 0,
            "duration_ms": self.duration_ms,
            "dropped_values": self.dropped_values,
        }
