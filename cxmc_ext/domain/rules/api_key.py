"""The formats of an API key and a login. Their end becomes a host name, so nothing else may pass."""

import re
from dataclasses import dataclass, field

_DATACENTER = re.compile(r"[a-z]{2}[0-9]{1,3}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{32}-([a-z]{2}[0-9]{1,3})", re.ASCII)
# What we store for “Log in with MailChimp”: the token and its datacenter. No page accepts it in this form.
_LOGIN = re.compile(r"login:([\x21-\x7e]{8,200})-([a-z]{2}[0-9]{1,3})", re.ASCII)


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
    match = _KEY.fullmatch(stripped)
    return ApiKey(stripped, match[1], stripped.partition("-")[0][-4:]) if match else None


def login_key(token: str, datacenter: str) -> str | None:
    """Joins the token of a login and its datacenter into the text that is stored like a key.

    Returns:
        The text, or None when the token cannot be sent or the datacenter is not exactly one.
    """
    if not _DATACENTER.fullmatch(datacenter):
        return None
    text = f"login:{token}-{datacenter}"
    return text if _LOGIN.fullmatch(text) else None


def token_of(key: str) -> str | None:
    """The token of a login; None for an API key."""
    match = _LOGIN.fullmatch(key)
    return match[1] if match else None


def datacenter_of(key: str) -> str | None:
    """The datacenter a key or login belongs to, such as "us21"; None when it is not exactly one.

    Only the matched part of the text is returned: what follows the dash of a key is typed by a person and
    could name any server.
    """
    match = _KEY.fullmatch(key)
    if match:
        return match[1]
    login = _LOGIN.fullmatch(key)
    return login[2] if login else None
