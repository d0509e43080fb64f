"""E-mail addresses: one spelling per mailbox, MailChimp's member id, free-mail domains."""

import hashlib
import re

FREE_MAIL = frozenset((
    "aol.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hetnet.nl",
    "home.nl", "hotmail.be", "hotmail.com", "hotmail.fr", "hotmail.nl", "icloud.com",
    "kpnmail.nl", "live.be", "live.com", "live.nl", "mac.com", "mail.com", "me.com", "msn.com",
    "online.nl", "outlook.be", "outlook.com", "outlook.fr", "outlook.nl", "planet.nl",
    "proton.me", "protonmail.com", "quicknet.nl", "skynet.be", "telenet.be", "upcmail.nl",
    "web.de", "xs4all.nl", "yahoo.co.uk", "yahoo.com", "yahoo.fr", "yahoo.nl", "yandex.com",
    "yandex.ru", "ymail.com", "zeelandnet.nl", "ziggo.nl", "zonnet.nl",
))  # fmt: skip

# RFC 5321, 4.5.3.1: lengths of a path (256 with its angle brackets) and of a local part.
_MAX_LENGTH = 254
_MAX_LOCAL_LENGTH = 64
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*", re.ASCII)
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})", re.ASCII)


def normalize_address(raw: str) -> str | None:
    """The one spelling of an address: stripped, in lower case, with the domain in ASCII.

    Args:
        raw: What was typed or stored.

    Returns:
        The normalized address, or None when it is not a valid one. A domain that IDNA would silently turn
        into another one (ß becomes ss) is not valid: the other one may belong to somebody else.
    """
    local, at, domain = raw.strip().lower().rpartition("@")
    if not at or len(local) > _MAX_LOCAL_LENGTH or not _LOCAL.fullmatch(local):
        return None
    ascii_domain = _ascii(domain)
    if not _DOMAIN.fullmatch(ascii_domain):
        return None
    address = f"{local}@{ascii_domain}"
    return address if len(address) <= _MAX_LENGTH else None


def canonical_address(raw: str) -> str:
    """The normalized address; for an invalid one, the text stripped and in lower case."""
    return normalize_address(raw) or raw.strip().lower()


def member_hash(address: str) -> bytes:
    """MailChimp's id of a member, the MD5 of the normalized address, as 16 bytes.

    https://mailchimp.com/developer/marketing/docs/methods-parameters/
    """
    return hashlib.md5(address.encode(), usedforsecurity=False).digest()


def domain_of(address: str) -> str:
    """The part after the @, in lower case."""
    return address.rpartition("@")[2].lower()


def is_free_mail(address: str) -> bool:
    """Whether the domain belongs to a mail provider, so that its users cannot verify it."""
    return domain_of(address) in FREE_MAIL


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        encoded = domain.encode("idna")
        is_reversible = encoded.decode("idna") == domain
    except UnicodeError:
        return ""
    return encoded.decode("ascii") if is_reversible else ""
