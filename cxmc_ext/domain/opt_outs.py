"""Opt-outs: who must not be mailed any more, and how we know."""

from dataclasses import dataclass
from enum import StrEnum

from cxmc_ext.domain.notes import Note
from cxmc_ext.domain.people import PersonRef


class OptOutSource(StrEnum):
    """What an audience or a report said about an address."""

    UNSUBSCRIBED = "unsubscribed"
    CLEANED = "cleaned"
    """MailChimp mails the address no more: it bounced for good, or its owner complained. Nobody is opted out
    for it: a person who gets another address is mailed there."""
    COMPLAINED = "complained"
    """Its owner marked a mail as spam."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """One opt-out that MailChimp reported.

    Attributes:
        address: The canonical address, as it is at MailChimp now.
        source: What was reported.
        note: Why, and through which campaign; stored with the membership of the opt-out group.
        at: When it happened, in Unix seconds.
        people: The people who were mailed at this address. They are opted out even if their address was
            corrected since, in the CRM or at MailChimp.
        mailing_id: The mailing that the note names; None for none.
    """

    address: str
    source: OptOutSource
    note: Note
    at: int
    people: frozenset[PersonRef] = frozenset()
    mailing_id: int | None = None
