"""Queries on the merge values of recipients who are members of the audience."""

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, case, func, select, update
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


def note_refused(
    session: Session, recipient_id: int, kept: Mapping[str, str] | None, detail: str
) -> None:
    """Records MailChimp's words about a recipient who is mailed all the same.

    Args:
        session: The host's session. The caller commits.
        recipient_id: The recipient.
        kept: The values without those that were refused, so that they do not count as written; None keeps
            all.
        detail: MailChimp's words.
    """
    row = (
        update(Recipient)
        .where(Recipient.id == recipient_id, Recipient.reason.is_(None))
        .values(detail=func.substr(_joined(detail), 1, 300))
    )
    if kept is not None:
        row = row.values(merge_values=dict(kept))
    execute_rowcount(session, row)


def _joined(detail: str) -> ColumnElement[str]:
    """Behind what is noted already."""
    return case((Recipient.detail == "", detail), else_=Recipient.detail + "; " + detail)
