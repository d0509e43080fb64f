"""E-mail addresses: one spelling per mailbox, MailChimp's member id, free-mail domains."""

import hashlib
import re
import unicodedata

import idna

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
# Zero-width non-joiner and joiner.
_JOINERS = "\u200c\u200d"
# Control and format characters: the categories of most characters that nobody sees.
_INVISIBLE = frozenset({"Cc", "Cf"})
# Other characters without ink: fillers, variation selectors, the combining grapheme joiner, blank Braille.
_BLANK = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_EDGES = re.compile(rf"^[\s{_JOINERS}]+|[\s{_JOINERS}]+$")
_MEMBER_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL = rf"(?=[^@]{{1,{_MAX_LOCAL_LENGTH}}}@){_ATOM}(?:\.{_ATOM})*"
_DOMAIN = rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})"
_ADDRESS = re.compile(f"{_LOCAL}@{_DOMAIN}", re.ASCII)


def canonical_address(raw: str | None) -> str:
    """The one spelling by which two addresses are compared, valid or not.

    Everything that is written differently but reaches the same mailbox becomes equal:

    - white space around the address, and capitals
    - invisible characters: zero-width and no-break spaces, soft hyphens, direction marks, control characters
    - composed and decomposed characters (NFC, NFD)
    - a domain in Unicode and in Punycode (IDNA 2008, UTS 46), so ß stays another letter than ss

    White space inside an address stays: without it, it could be somebody else's address.

    Args:
        raw: What was typed, stored or reported; None like "".

    Returns:
        The canonical address; "" if there is no visible character. It can always be encoded in UTF-8.
        Applying the function again changes nothing.
    """
    text = (raw or "").strip().lower()
    return text if text.isascii() and text.isprintable() else _canonical_unicode(raw or "")


def normalize_address(raw: str | None) -> str | None:
    """The canonical address if MailChimp may accept it as valid; None if it cannot be one.

    Args:
        raw: What was typed or stored.
    """
    address = canonical_address(raw)
    return address if len(address) <= _MAX_LENGTH and _ADDRESS.fullmatch(address) else None


def member_hash(address: str) -> bytes:
    """MailChimp's id of a member, the MD5 of the normalized address, as 16 bytes.

    https://mailchimp.com/developer/marketing/docs/methods-parameters/
    """
    return hashlib.md5(address.encode(), usedforsecurity=False).digest()


def member_hashes(address: str) -> tuple[bytes, ...]:
    """Every id under which MailChimp may know a canonical address.

    We subscribe the Punycode spelling of a domain. Somebody else may have added the Unicode spelling, by
    hand or in an import, and MailChimp calculates the id of what was entered.

    Returns:
        `member_hash(address)` first.
    """
    local, _, domain = address.rpartition("@")
    entered = f"{local}@{'.'.join(map(_unicode_label, domain.split('.')))}"
    is_other = entered != address and canonical_address(entered) == address
    return (member_hash(address), *([member_hash(entered)] if is_other else []))


def is_member_id(text: str) -> bool:
    """Whether a text has the form in which MailChimp writes the id of a member."""
    return _MEMBER_ID.fullmatch(text) is not None


def possible_member_hashes(member_id: str, address: str) -> tuple[bytes, ...]:
    """Every hash under which our records may know a member of the audience.

    MailChimp keeps the id of a member whose address is changed there, so the id may be the MD5 of the
    address before (observed 2019).

    Args:
        member_id: The id that MailChimp reports; ignored if it is none.
        address: The address that MailChimp reports, in any spelling.

    Returns:
        The hash from the id, which is more likely the one we know, then that of the address if it differs.
    """
    by_address = member_hash(canonical_address(address))
    by_id = bytes.fromhex(member_id) if is_member_id(member_id) else by_address
    return (by_id,) if by_id == by_address else (by_id, by_address)


def domain_of(address: str) -> str:
    """The part after the @, in lower case."""
    return address.rpartition("@")[2].lower()


def is_free_mail(address: str) -> bool:
    """Whether the domain belongs to a mail provider, so that its users cannot verify it."""
    return domain_of(address) in FREE_MAIL


def _canonical_unicode(raw: str) -> str:
    # Half a surrogate pair is no character; UTF-8, and so every database, refuses it.
    whole = raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    # Joiners belong to the spelling of some domains; see _ascii_label.
    text = _EDGES.sub("", "".join(c for c in whole if c in _JOINERS or _is_visible(c)))
    local, at, domain = unicodedata.normalize("NFC", text).rpartition("@")
    return _lower(local) + at + (_ascii_domain(domain) if at else _lower(domain))


def _is_visible(character: str) -> bool:
    """White space counts as visible: inside an address it must stay."""
    if character.isspace():
        return True
    return unicodedata.category(character) not in _INVISIBLE and character not in _BLANK


def _lower(text: str) -> str:
    visible = "".join(character for character in text if character not in _JOINERS)
    return unicodedata.normalize("NFC", visible.lower())


def _ascii_domain(domain: str) -> str:
    """The domain as DNS has it; in lower case where UTS 46 does not allow one of its characters."""
    try:
        mapped = idna.uts46_remap(domain, std3_rules=True)
    except UnicodeError:  # idna.IDNAError is one
        return _lower(domain)
    return ".".join(_ascii_label(label) for label in mapped.split("."))


def _ascii_label(label: str) -> str:
    """Punycode without the registry's rules: a domain may exist that IDNA 2008 would not register (emoji)."""
    spelled = "".join(c for n, c in enumerate(label) if c not in _JOINERS or _is_joined(label, n))
    return spelled if spelled.isascii() else f"xn--{spelled.encode('punycode').decode('ascii')}"


def _is_joined(label: str, index: int) -> bool:
    """Whether the joiner at this index belongs to the spelling, as in Persian (RFC 5892, appendix A)."""
    try:
        return idna.valid_contextj(label, index)
    except ValueError:
        return False


def _unicode_label(label: str) -> str:
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label
