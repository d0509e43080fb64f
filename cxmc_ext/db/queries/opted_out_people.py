"""Who was in an opt-out group when a campaign was frozen, as far as our rows know."""

from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from cxmc_ext.db.models.invitation import Invitation
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.recipient_rows import is_mailed, person_of
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import PersonRef


class OptedOutPerson(NamedTuple):
    """Somebody who was left out as opted out, and the recipient that says so."""

    recipient_id: int
    person: PersonRef


def page(session: Session, account_id: int, after: int, limit: int) -> list[OptedOutPerson]:
    """The next people who were left out as opted out, and were not to be mailed by any later campaign.

    Whoever was to be mailed later, or was invited and came back, had left the group.

    Args:
        session: The database session.
        account_id: The account.
        after: The recipient id of the last person before.
        limit: How many rows at most. A person may have several.
    """
    later, its_mailing = aliased(Recipient), aliased(Mailing)
    is_taken_out = (
        exists()
        .where(later.person_kind == Recipient.person_kind, later.person_id == Recipient.person_id)
        .where(later.id > Recipient.id, its_mailing.id == later.mailing_id)
        .where(its_mailing.account_id == account_id)
        .where(is_mailed(later))
    )
    has_come_back = exists().where(
        Invitation.account_id == account_id,
        Invitation.person_kind == Recipient.person_kind,
        Invitation.person_id == Recipient.person_id,
        Invitation.confirmed_at >= Mailing.frozen_at,
    )
    statement = (
        select(Recipient.id, Recipient.person_kind, Recipient.person_id)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(Mailing.account_id == account_id, Recipient.reason == ExclusionReason.OPTED_OUT)
        .where(Recipient.id > after, Recipient.person_id != "")
        .where(~is_taken_out, ~has_come_back)
        .order_by(Recipient.id)
        .limit(limit)
    )
    return [OptedOutPerson(row.id, person_of(row)) for row in session.execute(statement)]
