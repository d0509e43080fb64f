"""People of the host: those who are mailed, and the users who act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """The two kinds of people in a CRM; each has an opt-out group of its own.

    A host with other kinds, or several tables, maps each of its own kinds to one of the two.
    """

    CANDIDATE = "candidate"
    """Somebody who looks for work."""
    CONTACT = "contact"
    """Anybody else: at a client, a supplier or a partner."""


OPT_OUT_GROUP_NAMES: Mapping[PersonKind, str] = {
    PersonKind.CANDIDATE: "MailChimp opt-out",
    PersonKind.CONTACT: "MailChimp opt-out",
}


def require_texts(value: object, *field_names: str) -> None:
    """Raises at once if a Host passes something else than text, which would fail later, in a query.

    Args:
        value: The object whose fields are checked.
        field_names: The fields that must be text.

    Raises:
        TypeError: A field is not a `str`. The message names the field and the remedy.
    """
    for field_name in field_names:
        given = getattr(value, field_name)
        if not isinstance(given, str):
            remedy = 'pass "" if it is unknown' if given is None else "pass str(…)"
            name, kind = type(value).__name__, type(given).__name__
            raise TypeError(f"{name}.{field_name} must be str, not {kind}: {remedy}.")


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Identifies a person of the host; `id` is the host's own id as text, unique within its kind.

    Where two tables of the host share a kind and their ids may be equal, put the name of the table in front.
    As text it is “candidate:12”, which `flask cxmc erase --person` and the JSON of events use, too.
    """

    kind: PersonKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    def __hash__(self) -> int:
        # Hashing the member of an Enum takes longer than comparing the few refs that share an id.
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the host knows them now. docs/integrate.md has a table of the fields and merge tags."""

    ref: PersonRef
    """Who it is, for ever: a ref never passes to somebody else."""
    name: str
    """The full name, on the screens. “First Name” (`FNAME`) if `first_name` is empty."""
    address: str
    """The e-mail address as the host has stored it. It may be invalid; "" (never None) if there is none.
    Then the person is left out with that reason."""
    first_name: str = ""
    """“First Name” (`FNAME`)."""
    prefix: str = ""
    """The part before the last name (“van der”): “Last Name Prefix” (`PREFIX`)."""
    last_name: str = ""
    """The last name, with or without its prefix. “Last Name” (`LNAME`) always has both: “van der Berg”."""
    owner_name: str = ""
    """The colleague who is responsible for this person: “Owner Name” (`OWNERNAME`)."""
    owner_email: str = ""
    """Their e-mail address: “Owner Email” (`OWNERMAIL`)."""
    merge_values: Mapping[str, str] = field(default_factory=dict, hash=False)
    """{tag: text} of the merge fields that `MergeFieldHost` declares; a missing tag is an empty value."""
    mailed_despite_no_mailing: bool = False
    """Member of a group of the host that blocks other mailings but not these. The person is mailed; the
    form says how many there are. Whoever must not be mailed belongs in `Host.opted_out`."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the host. `email` is the default of “From email”.

    Raises:
        TypeError: A value is no text.
    """

    id: str
    name: str
    email: str = ""

    def __post_init__(self) -> None:
        require_texts(self, "id", "name", "email")
