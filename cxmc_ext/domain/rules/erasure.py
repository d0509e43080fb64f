"""What remains of an erased address: enough to know it again, not enough to read it."""

import hashlib
import hmac
from dataclasses import dataclass

LENGTH = 16
"""Bytes of a mark: as long as MailChimp's member id, whose place it takes in our rows."""


def mark(salt: bytes, address: str) -> bytes:
    """The mark of a normalised address under the account's salt."""
    return hmac.digest(salt, address.encode(), hashlib.sha256)[:LENGTH]


@dataclass(frozen=True, slots=True)
class Veil:
    """The marks of everybody who was erased in an account."""

    salt: bytes
    marks: frozenset[bytes]

    def mark_of(self, address: str) -> bytes | None:
        """The mark of a normalised address that was erased, None for any other."""
        if not self.marks:
            return None
        found = mark(self.salt, address)
        return found if found in self.marks else None
