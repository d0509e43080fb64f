"""What remains of an erased address: enough to know it again, not enough to read it."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cxmc_ext.domain.rules.addresses import normalise

LENGTH = 16
"""Bytes of a mark: as long as MailChimp's member id, whose place it takes in our rows."""
_IN_LINK = 8
"""Bytes of what takes the place of an address in a link."""
_LETTER = re.compile(r"%(?:25)*([0-9a-f]{2})|.", re.IGNORECASE | re.DOTALL)
"""One letter of a link, percent-encoded as often as links were put into links."""
_LIKE_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[\w.-]+", re.ASCII)
_BREAK = re.compile(r"[!#$%&'*+/=?^`{|}~]")
"""May stand in an address as well as in front of one."""


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

    def link(self, url: str) -> str:
        """The link without the addresses of who was erased, whatever their case and encoding.

        What takes their place depends on the address and its spelling alone: two links stay two, and
        one that MailChimp tells again is found again.
        """
        if not self.marks or ("@" not in url and "40" not in url):
            return url
        letters = list(_LETTER.finditer(url))
        text = "".join(chr(int(each[1], 16)) if each[1] else each[0] for each in letters)
        for start, end in reversed(list(self._places(text))):
            first, last = letters[start].start(), letters[end - 1].end()
            told = mark(self.salt, url[first:last])[:_IN_LINK].hex()
            url = f"{url[:first]}erased-{told}{url[last:]}"
        return url

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where an erased address stands: the longest first, since a name may contain another."""
        for found in _LIKE_ADDRESS.finditer(text):
            at = found[0].index("@")
            starts = [0, *(each.end() for each in _BREAK.finditer(found[0], 0, at))]
            spans = ((start, end) for start in starts for end in _ends(found[0]))
            for start, end in spans:
                if self.mark_of(normalise(found[0][start:end]) or ""):
                    yield found.start() + start, found.start() + end
                    break


def _ends(text: str) -> Iterator[int]:
    """The whole, and without one more of the words behind dots each time."""
    end = len(text)
    while end > 0:
        yield end
        end = text.rfind(".", text.index("@"), end)
