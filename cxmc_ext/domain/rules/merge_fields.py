"""Merge fields: the values of a person that MailChimp inserts into a mail, and a preview of that.

Merge tags: https://mailchimp.com/help/all-the-merge-tags-cheat-sheet/
"""

import re
from collections.abc import Mapping
from html import escape

from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules.texts import cut_to_bytes

# Tag to name of the merge fields that we add to the audience, besides MailChimp's FNAME and LNAME.
CUSTOM_FIELDS: Mapping[str, str] = {
    "OWNERNAME": "Owner Name",
    "OWNERMAIL": "Owner Email",
    "PREFIX": "Last Name Prefix",
}

# All tags whose values we know.
KNOWN_TAGS = ("FNAME", "LNAME", *CUSTOM_FIELDS, "EMAIL")
_TAG = re.compile(r"\*\|([^|*<>]{1,80})\|\*")
# Tags that stand for a URL; they lead nowhere in a preview.
_URL_TAGS = {"UNSUB", "UPDATE_PROFILE", "FORWARD", "ARCHIVE"}
# MailChimp cuts the text of a merge field after 255 bytes. We cut it too, or it would always differ:
# https://mailchimp.com/developer/marketing/docs/merge-fields/
_MAX_BYTES = 255


def merge_values(person: Person) -> dict[str, str]:
    """The values of a person as {tag: text}. All tags are present, so that values can become empty too."""
    return {
        "FNAME": sanitize(person.first_name or person.name),
        "LNAME": sanitize(full_last_name(person)),
        "PREFIX": sanitize(person.prefix),
        "OWNERNAME": sanitize(person.owner_name),
        "OWNERMAIL": sanitize(person.owner_email),
    }


def full_last_name(person: Person) -> str:
    """The last name with its prefix once: “van der Berg”, also if `last_name` has it already."""
    prefix, last_name = person.prefix.strip(), person.last_name.strip()
    if not prefix or not last_name or last_name.casefold().startswith(f"{prefix} ".casefold()):
        return last_name
    joined = len(prefix) > 1 and prefix.endswith(("'", "’", "-"))
    return f"{prefix}{last_name}" if joined else f"{prefix} {last_name}"


def tags_in(*texts: str) -> list[str]:
    """The merge tags that occur in these texts, each once, in order."""
    return list(dict.fromkeys(tag for text in texts for tag in _TAG.findall(text)))


def render(text: str, values: Mapping[str, str], *, html: bool = True) -> str:
    """Inserts the values of a person into a mail, for the preview.

    Args:
        text: The subject or the HTML of a mail.
        values: {tag: text}; other tags, whose values only MailChimp knows, are kept.
        html: Whether the values must be escaped.
    """

    def value(match: re.Match[str]) -> str:
        tag = match[1]
        if tag in values:
            return escape(values[tag]) if html else values[tag]
        return "#" if tag in _URL_TAGS else match[0]

    return _TAG.sub(value, text)


def sanitize(text: str) -> str:
    """Makes a value safe to insert: no merge tag inside, on one line, within MailChimp's length."""
    if not text:
        return ""
    one_line = " ".join(text.replace("*|", "* |").replace("|*", "| *").split())
    return cut_to_bytes(one_line, _MAX_BYTES)


def values_to_write(
    wanted: Mapping[str, str], stored: Mapping[str, str], written: Mapping[str, str]
) -> dict[str, str]:
    """The values of a member that must be written to MailChimp.

    An empty value only replaces a value that we wrote ourselves: any other one was entered there by
    somebody, possibly into a field of that name that means something else.

    Args:
        wanted: The person's values in the CRM.
        stored: The member's values at MailChimp.
        written: The values that we wrote last; empty if we never did.

    Returns:
        Those that differ. Tags the audience lacks are left out.
    """
    return {
        tag: value
        for tag, value in wanted.items()
        if tag in stored and stored[tag] != value and (value or stored[tag] == written.get(tag))
    }
