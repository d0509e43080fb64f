"""Queries on the merge values of recipients who are members of the audience."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries.keyed_lookup import has_hash_anywhere, is_of_account
from cxmc_ext.db.statements import execute_rowcount


def last_written_values(
    session: Session, mailing: Mailing, hashes: Collection[bytes]
) -> dict[bytes, dict[str, str]]:
    """The merge values that earlier mailings of the account wrote to the members at these addresses."""
    statement = (
        select(Recipient.member_hash, Recipient.merge_values)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(
            has_hash_anywhere(session, hashes),
            Recipient.in_audience,
            is_of_account(mailing.account_id),
            Mailing.list_id == mailing.list_id,
            Mailing.id != mailing.id,
        )
        .order_by(Recipient.id)
    )
    return {row.member_hash: row.merge_values for row in session.execute(statement)}


def note_failure(session: Session, recipient_id: int, detail: str) -> None:
    """Records MailChimp's words about a recipient who is mailed all the same."""
    statement = update(Recipient).where(Recipient.id == recipient_id, Recipient.reason.is_(None))
    execute_rowcount(session, statement.values(detail=detail[:300]))
