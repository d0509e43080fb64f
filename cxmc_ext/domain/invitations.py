"""Inviting back somebody who opted out: MailChimp asks them, and they decide."""

from dataclasses import dataclass

from cxmc_ext.domain.people import PersonRef


@dataclass(frozen=True, slots=True)
class InvitedPerson:
    """Who was invited, at which address and audience, when (Unix seconds), and by whom.

    `is_mailed`: MailChimp mailed them a confirmation. Otherwise only its signup form is left.
    """

    person: PersonRef
    address: str
    list_id: str
    at: int
    by: str
    is_mailed: bool
