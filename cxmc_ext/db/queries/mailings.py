"""Statements on mailings: one row per host campaign, its state moved only from where it is known to be."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries.recipient_pages import RecipientFilter as RecipientFilter
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import ACTIVE_STATES

_RESET_VALUES: dict[str, Any] = {
    "state": MailingState.NONE,
    "problems": [],
    "schedule_at": None,
    "frozen_at": None,
    "list_id": "",
    "segment_id": None,
    "segment_name": "",
    "create_intent_at": None,
    "remote_id": None,
    "web_id": None,
    "remote_status": "",
    "content_set": False,
    "checklist": [],
    "send_intent_at": None,
    "remote_created_at": None,
    "sent_at": None,
    "emails_sent": 0,
    "people_count": 0,
    "mailable_count": 0,
    "in_audience_count": 0,
    "counts": {},
    "report": {},
    "next_sync_at": None,
    "last_sync_at": None,
    "sync_interval_index": -1,
    "events_cursor": None,
    "report_fingerprint": "",
    "sync_failures": 0,
    "sync_problem": None,
    "count_differences": {},
}
"""What a deleted MailChimp campaign leaves: the form's own values, and nothing else."""


_DRAFT_VALUES: dict[str, Any] = dict.fromkeys(
    ("create_intent_at", "remote_id", "web_id", "remote_created_at", "send_intent_at")
) | {"content_set": False, "checklist": [], "remote_status": ""}
"""What belongs to one MailChimp campaign and goes when it is built anew for the same press. The name of
the segment stays: the next one counts on from it."""


def get(session: Session, mailing_id: int) -> Mailing:
    return session.get_one(Mailing, mailing_id)


def get_for_update(session: Session, mailing_id: int) -> Mailing:
    """As it is now, whatever was read of it before; nobody else writes it before the commit."""
    return session.get_one(Mailing, mailing_id, populate_existing=True, with_for_update=True)


def get_by_campaign(session: Session, account_id: int, campaign_ref: str) -> Mailing | None:
    return session.execute(_of_campaign(account_id, campaign_ref)).scalar_one_or_none()


def get_or_create(session: Session, account_id: int, campaign_ref: str, title: str) -> Mailing:
    """The mailing of a campaign; made at first need, by whoever comes first."""
    found = get_by_campaign(session, account_id, campaign_ref)
    if found is not None:
        return found
    try:
        session.add(Mailing(account_id=account_id, campaign_ref=campaign_ref, campaign_title=title))
        session.commit()
    except IntegrityError:
        session.rollback()
    return session.execute(_of_campaign(account_id, campaign_ref)).scalar_one()


def update_if_state(
    session: Session, mailing_id: int, states: Collection[MailingState], **values: Any
) -> bool:
    """Changes the row if it still is in one of `states`."""
    statement = (
        update(Mailing).where(Mailing.id == mailing_id, Mailing.state.in_(states)).values(**values)
    )
    return execute_rowcount(session, statement) == 1


def update_columns(session: Session, mailing_id: int, **values: Any) -> None:
    execute_rowcount(session, update(Mailing).where(Mailing.id == mailing_id).values(**values))


def store_remote_id(session: Session, mailing_id: int, remote_id: str, **values: Any) -> bool:
    """Persists the one MailChimp campaign of a mailing: only ever from nothing to an id."""
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.remote_id.is_(None))
        .values(remote_id=remote_id, **values)
    )
    return execute_rowcount(session, statement) == 1


def mark_draft_for_deletion(session: Session, mailing_id: int) -> None:
    """Its draft is to go: whoever resumes the mailing starts with that. The caller commits."""
    update_columns(session, mailing_id, create_intent_at=None)


def is_draft_marked_for_deletion(mailing: Mailing) -> bool:
    return mailing.remote_id is not None and mailing.create_intent_at is None


def has_unconfirmed_draft(mailing: Mailing) -> bool:
    """A draft was asked for and got no answer: whoever resumes the mailing looks for it."""
    return mailing.remote_id is None and mailing.create_intent_at is not None


def clear_draft(session: Session, mailing_id: int) -> None:
    """After it is gone at MailChimp: another one may be made."""
    update_columns(session, mailing_id, **_DRAFT_VALUES)


def clear_draft_and_segment(session: Session, mailing_id: int) -> None:
    """After draft and segment are gone at MailChimp: the mailing may be built again."""
    update_columns(session, mailing_id, segment_id=None, **_DRAFT_VALUES)


def reset(session: Session, mailing_id: int) -> None:
    """After “Delete campaign”: the form is free again, and what was frozen before is void."""
    update_columns(session, mailing_id, generation=Mailing.generation + 1, **_RESET_VALUES)


def lock_active(session: Session, account_id: int) -> None:
    """Keeps what is under way as it is until the commit. A worker writes its mailing first and then its
    operation; whoever stops both goes the same way: no deadlock.
    """
    under_way = select(Operation.mailing_id).where(
        Operation.account_id == account_id, Operation.state.in_(ACTIVE_STATES)
    )
    theirs = select(Mailing.id).where(Mailing.id.in_(under_way)).order_by(Mailing.id)
    session.execute(theirs.with_for_update()).all()


def stop_all(
    session: Session, mailings: Sequence[int], before: list[Any], after: list[Any]
) -> None:
    """Their operation was cancelled: nothing was asked of MailChimp yet, or it is not certain what."""
    building = (MailingState.PREPARING, MailingState.SEND_INTENT)
    theirs = Mailing.id.in_(mailings) & Mailing.state.in_(building)
    for state, why, where in (
        (MailingState.NOT_READY, before, Mailing.send_intent_at.is_(None)),
        (MailingState.ATTENTION, after, Mailing.send_intent_at.is_not(None)),
    ):
        execute_rowcount(
            session, update(Mailing).where(theirs, where).values(state=state, problems=why)
        )


def scheduled_between(session: Session, since: int, until: int) -> list[Mailing]:
    """Scheduled mailings of all accounts whose time lies there."""
    statement = select(Mailing).where(
        Mailing.state == MailingState.SCHEDULED, Mailing.schedule_at.between(since, until)
    )
    return list(session.execute(statement).scalars())


def has_remote_campaigns(session: Session, account_id: int) -> bool:
    """Whether a campaign of ours lives in the connected MailChimp account, or is on its way there."""
    lives = or_(
        Mailing.remote_id.is_not(None),
        Mailing.create_intent_at.is_not(None),
        Mailing.state == MailingState.PREPARING,
    )
    statement = select(Mailing.id).where(Mailing.account_id == account_id, lives).limit(1)
    return session.execute(statement).first() is not None


def _of_campaign(account_id: int, campaign_ref: str) -> Select[Mailing]:
    return select(Mailing).where(
        Mailing.account_id == account_id, Mailing.campaign_ref == campaign_ref
    )


def counts_by(mailing: Mailing | None, kind: str) -> dict[str, int]:
    counts = mailing.counts if mailing and isinstance(mailing.counts, dict) else {}
    return {str(name): int(n) for name, n in (counts.get(kind) or {}).items()}
