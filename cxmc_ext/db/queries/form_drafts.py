"""The draft of a campaign's form, changed only by those who know its latest version."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import MailingState


def save(session: Session, mailing_id: int, known_version: int, stored: Mapping[str, Any]) -> bool:
    """Replaces the draft of the form. The caller commits.

    Args:
        session: The Host's database session.
        mailing_id: The mailing.
        known_version: The version that is replaced.
        stored: The draft as it is stored.

    Returns:
        False if the draft has another version by now, or the campaign is not in the form any more.
    """
    statement = (
        update(Mailing)
        .where(
            Mailing.id == mailing_id,
            Mailing.state == MailingState.NONE,
            Mailing.form_draft_version == known_version,
        )
        .values(form_draft=stored, form_draft_version=known_version + 1)
    )
    return execute_rowcount(session, statement) == 1
