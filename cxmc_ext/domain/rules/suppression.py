"""The suppression list: what is kept of an erased address, enough to recognize it but not to read it."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cxmc_ext.domain.rules.addresses import normalize_address

# Bytes of a digest: as long as a member hash, whose place it takes in `Recipient.member_hash`.
DIGEST_LENGTH = 16
# Bytes of the digest that replaces an address in a URL.
_REDACTION_LENGTH = 8
# One character of a URL. It is percent-encoded more than once (%2540) where a URL is part of another one.
_CHARACTER = re.compile(r"%(?:25)*([0-9a-f]{2})|.", re.IGNORECASE | re.DOTALL)
# The domain may be in Unicode, percent-encoded or not.
_ADDRESS_LIKE = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[\w.\x80-\U0010ffff-]+", re.ASCII)
# Characters that may be part of an address, but also separate one from what precedes it, as in “?to=”.
_SEPARATOR = re.compile(r"[!#$%&'*+/=?^`{|}~]")


def digest(salt: bytes, address: str) -> bytes:
    """The digest of a normalized address: HMAC-SHA256 with the account's salt, shortened."""
    return hmac.digest(salt, address.encode(), hashlib.sha256)[:DIGEST_LENGTH]


@dataclass(frozen=True, slots=True)
class SuppressionList:
    """The digests of all addresses that were erased in an account."""

    salt: bytes
    digests: frozenset[bytes]

    def digest_of(self, address: str) -> bytes | None:
        """The digest of a normalized address that is on the list; None for any other address."""
        if not self.digests:
            return None
        candidate = digest(self.salt, address)
        return candidate if candidate in self.digests else None

    def redact_url(self, url: str) -> str:
        """Replaces the erased addresses in a URL, whatever their case and percent-encoding.

        The replacement depends only on the address as spelled there. So two URLs stay two, and one that a
        later report contains again is recognized. Examples, with anna@x.example erased:

            https://host.example/?to=anna@x.example      https://host.example/?to=erased-1f2e3d4c5b6a7988
            https://host.example/?to=Anna%2540x.example  https://host.example/?to=erased-8897a6b5c4d3e2f1
            https://host.example/?to=bob@x.example       unchanged
        """
        if not self.digests or ("@" not in url and "40" not in url):
            return url
        characters = list(_CHARACTER.finditer(url))
        text = "".join(chr(int(c[1], 16)) if c[1] else c[0] for c in characters)
        for start, end in reversed(list(self._address_spans(text))):
            first, last = characters[start].start(), characters[end - 1].end()
            replacement = digest(self.salt, url[first:last])[:_REDACTION_LENGTH].hex()
            url = f"{url[:first]}erased-{replacement}{url[last:]}"
        return url

    def _address_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where erased addresses are in a decoded URL, as (start, end).

        The longest candidate counts: “to=anna@x.example” may be an address itself, or “anna@x.example”
        behind a separator.
        """
        for match in _ADDRESS_LIKE.finditer(text):
            at = match[0].index("@")
            starts = [0, *(each.end() for each in _SEPARATOR.finditer(match[0], 0, at))]
            spans = ((start, end) for start in starts for end in _candidate_ends(match[0]))
            for start, end in spans:
                if self.digest_of(normalize_address(_as_text(match[0][start:end])) or ""):
                    yield match.start() + start, match.start() + end
                    break


def _as_text(decoded: str) -> str:
    """Percent-encoded bytes, one per character, as the UTF-8 text they stand for."""
    try:
        return decoded.encode("latin-1").decode()
    except UnicodeError:
        return decoded


def _candidate_ends(text: str) -> Iterator[int]:
    """Where an address in this text may end: at its end, or before one of the dots of the domain."""
    end = len(text)
    while end > 0:
        yield end
        end = text.rfind(".", text.index("@"), end)
