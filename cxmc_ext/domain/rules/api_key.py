"""The shape of an API key. Its end becomes a host name, so nothing but this shape may pass."""

import re
from dataclasses import dataclass, field

_API_KEY = re.compile(r"[0-9a-f]{32}-([a-z]{2}[0-9]{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the right shape: its datacenter, and the last characters that may be shown."""

    text: str = field(repr=False)
    datacenter: str
    tail: str


def parse_api_key(text: str) -> ApiKey | None:
    """The key in a pasted text, blanks around it dropped; None when it is not a MailChimp key."""
    stripped = text.strip(" \t")
    found = _API_KEY.fullmatch(stripped)
    if found is None:
        return None
    return ApiKey(stripped, found[1], stripped.partition("-")[0][-4:])
