"""Compares a scheduled campaign with the CRM once an hour, so that its tab can say what changed."""

from dataclasses import asdict
from typing import Any

from cxmc_ext.db.queries import mailings
from cxmc_ext.usecases.sending.campaign_changes import find_changes
from cxmc_ext.usecases.sending.change_counts import count_changes
from cxmc_ext.usecases.sync.context import TurnContext


def compare_with_crm(context: TurnContext) -> dict[str, Any]:
    """Finds what changed since the people were frozen. Shortly before the time, the late checks apply it.

    Commits after every chunk of people.

    Returns:
        The columns of the mailing to store.

    Raises:
        LostLease: Another worker has the turn.
    """
    session = context.session
    mailing_id = context.turn.mailing_id

    def keep_turn() -> None:
        context.extend_lease()
        session.commit()

    session.commit()
    mailing = mailings.get(session, mailing_id)
    changes = find_changes(context.services, mailing, keep_turn)
    found = count_changes(session, mailings.get(session, mailing_id), changes, context.now)
    context.extend_lease()
    return {"campaign_changes": asdict(found)}
