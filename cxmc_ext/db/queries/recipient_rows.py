"""What several queries ask of a recipient: whether the mail goes to their address, and who they are."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import PersonKind, PersonRef

# The exclusion reasons with which the mail goes to the address: a duplicate gets it through the primary
# recipient.
MAILED_REASONS = (None, ExclusionReason.DUPLICATE)
# A tenth of the time that the class needs to find its member.
PERSON_KINDS = {str(kind): kind for kind in PersonKind}


def is_mailed(recipient: type[Recipient] = Recipient) -> ColumnElement[bool]:
    """The condition that a recipient, or an alias of the table, has one of `MAILED_REASONS`."""
    return or_(recipient.reason.is_(None), recipient.reason == ExclusionReason.DUPLICATE)


def person_of(row: Any) -> PersonRef:
    """Who a row with `person_kind` and `person_id` is."""
    return PersonRef(PERSON_KINDS[row.person_kind], row.person_id)
