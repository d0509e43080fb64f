"""What remains of an erased address: enough to know it again, not enough to read it."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cxmc_ext.domain.rules.addresses import normalize_address

# Bytes of a mark: as long as MailChimp's member id, whose place it takes in our rows.
DIGEST_LENGTH = 16
# Bytes of what takes the place of an address in a link.
_REDACTION_LENGTH = 8
# One letter of a link, percent-encoded as often as links were put into links.
_CHARACTER = re.compile(r"%(?:25)*([0-9a-f]{2})|.", re.IGNORECASE | re.DOTALL)
_ADDRESS_LIKE = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[\w.-]+", re.ASCII)
# May stand in an address as well as in front of one.
_SEPARATOR = re.compile(r"[!#$%&'*+/=?^`{|}~]")


def digest(salt: bytes, address: str) -> bytes:
    """The mark of a normalised address under the account's salt."""
    return hmac.digest(salt, address.encode(), hashlib.sha256)[:DIGEST_LENGTH]


@dataclass(frozen=True, slots=True)
class SuppressionList:
    """The marks of everybody who was erased in an account."""

    salt: bytes
    digests: frozenset[bytes]

    def digest_of(self, address: str) -> bytes | None:
        """The mark of a normalised address that was erased, None for any other."""
        if not self.digests:
            return None
        found = digest(self.salt, address)
        return found if found in self.digests else None

    def redact_url(self, url: str) -> str:
        """The link without the addresses of who was erased, whatever their case and encoding.

        What takes their place depends on the address and its spelling alone: two links stay two, and
        one that MailChimp tells again is found again.
        """
        if not self.digests or ("@" not in url and "40" not in url):
            return url
        letters = list(_CHARACTER.finditer(url))
        text = "".join(chr(int(each[1], 16)) if each[1] else each[0] for each in letters)
        for start, end in reversed(list(self._address_spans(text))):
            first, last = letters[start].start(), letters[end - 1].end()
            told = digest(self.salt, url[first:last])[:_REDACTION_LENGTH].hex()
            url = f"{url[:first]}erased-{told}{url[last:]}"
        return url

    def _address_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where an erased address stands: the longest first, since a name may contain another."""
        for found in _ADDRESS_LIKE.finditer(text):
            at = found[0].index("@")
            starts = [0, *(each.end() for each in _SEPARATOR.finditer(found[0], 0, at))]
            spans = ((start, end) for start in starts for end in _candidate_ends(found[0]))
            for start, end in spans:
                if self.digest_of(normalize_address(found[0][start:end]) or ""):
                    yield found.start() + start, found.start() + end
                    break


def _candidate_ends(text: str) -> Iterator[int]:
    """The whole, and without one more of the words behind dots each time."""
    end = len(text)
    while end > 0:
        yield end
        end = text.rfind(".", text.index("@"), end)
