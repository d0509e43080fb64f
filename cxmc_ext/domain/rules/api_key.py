"""The format of an API key. Its end becomes a host name, so nothing but this format may pass."""

import re
from dataclasses import dataclass, field

_FORMAT = re.compile(r"[0-9a-f]{32}-([a-z]{2}[0-9]{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A well-formed key, its datacenter, and the last characters, which may be shown."""

    text: str = field(repr=False)
    datacenter: str
    tail: str


def parse_api_key(text: str) -> ApiKey | None:
    """Reads a pasted key; blanks around it are dropped.

    Returns:
        The key, or None when the text does not have the format of a MailChimp key.
    """
    stripped = text.strip(" \t")
    datacenter = datacenter_of(stripped)
    if datacenter is None:
        return None
    return ApiKey(stripped, datacenter, stripped.partition("-")[0][-4:])


def datacenter_of(key: str) -> str | None:
    """The datacenter a key belongs to, such as "us21"; None when it is not exactly a key.

    Only the matched part of the text is returned: what follows the dash is typed by a person and could
    name any server.
    """
    match = _FORMAT.fullmatch(key)
    return match[1] if match else None
