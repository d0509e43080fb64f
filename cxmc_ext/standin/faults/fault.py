"""One planned fault, and the connection it may cut."""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Protocol

from cxmc_ext.standin.models import Json, subscriber_hash

# Matches nothing but the empty string: the pattern of a fault that is not in a plan yet.
UNPLANNED = re.compile("")
_WILDCARDS = {"**": ".*", "*": "[^/]+"}


class Connection(Protocol):
    """The connection of a request, provided by the server."""

    def reset(self) -> None:
        """Closes the connection without an answer; the client sees a reset."""


@dataclass(slots=True)
class Fault:
    """A failure of the matching calls number `nth` to `nth + times - 1`; `times` 0 means forever.

    `match` is "METHOD /path" below /3.0. As a method, * matches every method; in the path, * matches one
    part and ** the rest. `seconds` and `size` (bytes) have a default per kind.
    """

    match: str
    kind: str
    nth: int = 1
    times: int = 1
    seconds: float = -1.0
    retry_after: int = 2
    size: int = 33 * 1024 * 1024
    detail: str = "Injected by the stand-in."
    account: str = ""
    """Only calls of the account with this id; "" means every account."""
    address: str = ""
    """Only calls that name this e-mail address in their body, or its member in their path."""
    id: int = 0
    seen: int = 0
    """How many calls matched so far."""
    fired: int = 0
    """How many calls failed so far."""
    pattern: re.Pattern[str] = field(default=UNPLANNED, repr=False)

    def as_json(self) -> Json:
        return {name: value for name, value in asdict(self).items() if name != "pattern"}

    def matches(self, call: str, account: str, body: str) -> bool:
        is_call = self.account in {"", account} and self.pattern.fullmatch(call) is not None
        return is_call and (not self.address or self._names_address(call, body))

    def is_due(self) -> bool:
        """Whether the call that was just counted in `seen` fails."""
        last = self.nth + self.times - 1 if self.times else self.seen
        return self.nth <= self.seen <= last

    def delay(self, default: float) -> float:
        """Seconds to wait: the fault's own, or the default of its kind."""
        return default if self.seconds < 0 else self.seconds

    def _names_address(self, call: str, body: str) -> bool:
        is_in_body = json.dumps(self.address).lower() in body.lower()
        return is_in_body or subscriber_hash(self.address) in call


def call_pattern(match: str) -> re.Pattern[str]:
    """The regular expression behind `Fault.match`."""
    method, _, path = match.partition(" ")
    parts = re.split(r"(\*\*|\*)", path or "**")
    body = "".join(_WILDCARDS.get(part, re.escape(part)) for part in parts)
    return re.compile(f"{'[A-Z]+' if method == '*' else re.escape(method)} {body}")
