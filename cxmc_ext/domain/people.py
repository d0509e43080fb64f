"""People of the host: those who are mailed, and the users who act."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# Marks the opt-out groups in the host. A group is recognized by this tag, never by its name, which
# users may change.
OPT_OUT_TAG = "NoMailChimpMailingsTag"


class Right(StrEnum):
    """What a user may do. The host grants each right separately."""

    TAB = "tab"
    """See the MailChimp tab of a campaign, its recipients and its report."""
    SEND = "send"
    """Send, schedule, delete, test and follow up campaigns; verify sender domains."""
    CONFIGURE = "configure"
    """Connect the MailChimp account."""
    ACTIVATE = "activate"
    """Activate the extension, use the control room, erase people."""


class PersonKind(StrEnum):
    """The two kinds of people in a CRM."""

    CANDIDATE = "candidate"
    CONTACT = "contact"


OPT_OUT_GROUP_NAMES: Mapping[PersonKind, str] = {
    PersonKind.CANDIDATE: "MailChimp opt-out",
    PersonKind.CONTACT: "MailChimp opt-out",
}


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Identifies a person of the host; `id` is the host's own id as text."""

    kind: PersonKind
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the host knows them now.

    `address` is what the host has stored: it may be invalid, and is "" (never None) if there is none.
    `prefix` belongs to the last name (“van der”). `owner_*` is the colleague who is responsible for this
    person.
    """

    ref: PersonRef
    name: str
    address: str
    first_name: str = ""
    prefix: str = ""
    last_name: str = ""
    owner_name: str = ""
    owner_email: str = ""
    no_mailing: bool = False
    """Member of the host's own NoMailing group: mailed all the same, but the form says how many there are."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the host. `email` is the default of “From email”."""

    id: str
    name: str
    email: str = ""
