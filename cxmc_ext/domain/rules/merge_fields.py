"""The merge values of a person: what MailChimp prints in a mail, as plain data."""

import re
from collections.abc import Mapping
from html import escape

from cxmc_ext.domain.people import Person

# Tag to name of the merge fields our audience must have beside MailChimp's own.
CUSTOM_FIELDS: Mapping[str, str] = {
    "OWNERNAME": "Owner Name",
    "OWNERMAIL": "Owner Email",
    "PREFIX": "Last Name Prefix",
}

# Every tag whose value we know.
KNOWN_TAGS = ("FNAME", "LNAME", *CUSTOM_FIELDS, "EMAIL")
_TAG = re.compile(r"\*\|([^|*<>]{1,80})\|\*")
# Tags that stand where an address does: they lead nowhere in a preview.
_URL_TAGS = {"UNSUB", "UPDATE_PROFILE", "FORWARD", "ARCHIVE"}
# MailChimp cuts merge values after this many bytes (API-FACTS 4): cut alike, or they always differ.
_MAX_BYTES = 255


def merge_values(person: Person) -> dict[str, str]:
    """Tag to value, always the same tags, so that a value that became empty is emptied there too."""
    return {
        "FNAME": sanitize(person.first_name or person.name),
        "LNAME": sanitize(person.last_name),
        "PREFIX": sanitize(person.prefix),
        "OWNERNAME": sanitize(person.owner_name),
        "OWNERMAIL": sanitize(person.owner_email),
    }


def tags_in(*texts: str) -> list[str]:
    """The merge tags of a mail, each once, in order."""
    return list(dict.fromkeys(tag for text in texts for tag in _TAG.findall(text)))


def render(text: str, values: Mapping[str, str], *, html: bool = True) -> str:
    """A mail as one person reads it; what only MailChimp knows stays as it is."""

    def value(found: re.Match[str]) -> str:
        tag = found[1]
        if tag in values:
            return escape(values[tag]) if html else values[tag]
        return "#" if tag in _URL_TAGS else found[0]

    return _TAG.sub(value, text)


def sanitize(text: str) -> str:
    """A value that cannot act as a merge tag of its own, on one line, within MailChimp's length."""
    if not text:
        return ""
    tame = " ".join(text.replace("*|", "* |").replace("|*", "| *").split())
    return tame.encode()[:_MAX_BYTES].decode(errors="ignore")


def needs_update(wanted: Mapping[str, str], stored: Mapping[str, str]) -> bool:
    """Whether MailChimp's values must be refreshed; a tag the audience does not have cannot be."""
    return any(tag in stored and stored[tag] != value for tag, value in wanted.items())
