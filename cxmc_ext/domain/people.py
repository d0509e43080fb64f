"""The nouns both worlds share. All times are whole Unix seconds in UTC; nothing here changes once made."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# Identifies the opt-out groups in the host; their names never do (seed).
OPT_OUT_TAG = "NoMailChimpMailingsTag"


class Right(StrEnum):
    """What a user may do; each is granted by the host on its own."""

    TAB = "tab"
    SEND = "send"
    CONFIGURE = "configure"
    ACTIVATE = "activate"


class PersonKind(StrEnum):
    """The two kinds of people a CRM mails."""

    CANDIDATE = "candidate"
    CONTACT = "contact"


OPT_OUT_GROUP_NAMES: Mapping[PersonKind, str] = {
    PersonKind.CANDIDATE: "MailChimp opt-out",
    PersonKind.CONTACT: "MailChimp opt-out",
}


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Points at one person of the host; `id` is the host's own id as text."""

    kind: PersonKind
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the host knows them now; `address` is raw, may be empty or broken."""

    ref: PersonRef
    name: str
    address: str
    first_name: str = ""
    prefix: str = ""
    last_name: str = ""
    owner_name: str = ""
    owner_email: str = ""
    no_mailing: bool = False
    """Member of the host's NoMailing group: mailed all the same (seed), but the form says so."""


@dataclass(frozen=True, slots=True)
class User:
    """Who acts. `email` pre-fills “From email”."""

    id: str
    name: str
    email: str = ""
