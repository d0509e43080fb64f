"""The merge values of a person: what MailChimp prints in a mail, as plain data."""

from collections.abc import Mapping

from cxmc_ext.domain.values import Person

FIELDS: Mapping[str, str] = {
    "OWNERNAME": "Owner Name",
    "OWNERMAIL": "Owner Email",
    "PREFIX": "Last Name Prefix",
}
"""Tag to name of the merge fields our audience must have beside MailChimp's own."""

_LONGEST = 255
"""MailChimp cuts merge values after this many bytes (API-FACTS 4): cut alike, or they always differ."""


def merge_values(person: Person) -> dict[str, str]:
    """Tag to value, always the same tags, so that a value that became empty is emptied there too."""
    return {
        "FNAME": plain(person.first_name or person.name),
        "LNAME": plain(person.last_name),
        "PREFIX": plain(person.prefix),
        "OWNERNAME": plain(person.owner_name),
        "OWNERMAIL": plain(person.owner_email),
    }


def plain(text: str) -> str:
    """A value that cannot act as a merge tag of its own, on one line, within MailChimp's length."""
    if not text:
        return ""
    tame = " ".join(text.replace("*|", "* |").replace("|*", "| *").split())
    return tame.encode()[:_LONGEST].decode(errors="ignore")


def differs(wanted: Mapping[str, str], stored: Mapping[str, str]) -> bool:
    """Whether MailChimp's values must be refreshed; a tag the audience does not have cannot be."""
    return any(tag in stored and stored[tag] != value for tag, value in wanted.items())
