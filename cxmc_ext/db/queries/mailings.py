"""Queries on mailings. A state is only changed from a known one: `update_if_state` decides races."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import notices
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import ACTIVE_STATES

# Everything but the values of the form, as in a new mailing.
_RESET_VALUES: dict[str, Any] = {
    "state": MailingState.NONE,
    "problems": [],
    "schedule_at": None,
    "ignores_frequency_cap": False,
    "requested_by_id": "",
    "requested_by_name": "",
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
    "mail_due": False,
    "mail_read_at": None,
    "people_count": 0,
    "mailable_count": 0,
    "in_audience_count": 0,
    "counts": {},
    "campaign_changes": {},
    "report": {},
    "open_rate": None,
    "click_rate": None,
    "next_sync_at": None,
    "last_sync_at": None,
    "sync_interval_index": -1,
    "events_cursor": None,
    "report_fingerprint": "",
    "sync_failures": 0,
    "sync_problem": None,
    "sync_warnings": [],
    "count_differences": {},
}

# With a campaign at MailChimp, these are drafts there, unless a person has changed that since.
DRAFT_STATES = (MailingState.NOT_READY, MailingState.IN_MAILCHIMP, MailingState.ATTENTION)

# Everything about one remote campaign, for building another one. The segment's name is kept, because
# the name of the next segment continues its numbering.
_DRAFT_VALUES: dict[str, Any] = dict.fromkeys(
    ("create_intent_at", "remote_id", "web_id", "remote_created_at", "send_intent_at")
) | {"content_set": False, "checklist": [], "remote_status": ""}


def get(session: Session, mailing_id: int) -> Mailing:
    """The mailing with this id."""
    return session.get_one(Mailing, mailing_id)


def get_for_update(session: Session, mailing_id: int) -> Mailing:
    """The mailing, read anew and locked until the commit."""
    return session.get_one(Mailing, mailing_id, populate_existing=True, with_for_update=True)


def get_by_campaign(session: Session, account_id: int, campaign_ref: str) -> Mailing | None:
    """The mailing of a host campaign; None when there is none yet."""
    return session.execute(_of_campaign(account_id, campaign_ref)).scalar_one_or_none()


def get_or_create(session: Session, account_id: int, campaign_ref: str, title: str) -> Mailing:
    """The mailing of a host campaign, creating it at first use. Commits when it has to create it."""
    mailing = get_by_campaign(session, account_id, campaign_ref)
    if mailing is not None:
        return mailing
    try:
        session.add(Mailing(account_id=account_id, campaign_ref=campaign_ref, campaign_title=title))
        session.commit()
    except IntegrityError:
        session.rollback()  # somebody else created it first
    return session.execute(_of_campaign(account_id, campaign_ref)).scalar_one()


def with_mail_due(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of a changed mailing: the mail of a campaign that was sent is to be read."""
    return {**values, "mail_due": True} if values.get("state") == MailingState.SENT else values


def update_if_state(
    session: Session, mailing_id: int, states: Collection[MailingState], **values: Any
) -> bool:
    """Sets columns if the mailing is still in one of these states. The caller commits.

    Returns:
        Whether it was.
    """
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.state.in_(states))
        .values(**with_mail_due(values))
    )
    is_updated = execute_rowcount(session, statement) == 1
    if is_updated and values.get("state") not in states:
        notices.add_state(session, mailing_id, values.get("state"), is_set=True)
    return is_updated


def update_columns(session: Session, mailing_id: int, **values: Any) -> None:
    """Sets columns of the mailing. The caller commits."""
    notices.add_state(session, mailing_id, values.get("state"))
    statement = update(Mailing).where(Mailing.id == mailing_id)
    execute_rowcount(session, statement.values(**with_mail_due(values)))


def store_remote_id(session: Session, mailing_id: int, remote_id: str, **values: Any) -> bool:
    """Stores the remote campaign of a mailing that has none. The caller commits.

    Returns:
        False when the mailing has a remote campaign already; it is kept.
    """
    statement = (
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.remote_id.is_(None))
        .values(remote_id=remote_id, **values)
    )
    return execute_rowcount(session, statement) == 1


def mark_draft_for_deletion(session: Session, mailing_id: int) -> None:
    """Marks the draft for deletion, with which the next operation begins. The caller commits."""
    update_columns(session, mailing_id, create_intent_at=None)


def is_draft_marked_for_deletion(mailing: Mailing) -> bool:
    """Whether its draft must be deleted before another one is created."""
    return mailing.remote_id is not None and mailing.create_intent_at is None


def has_unconfirmed_draft(mailing: Mailing) -> bool:
    """Whether MailChimp was asked for a draft and the answer was lost: it has to be searched for."""
    return mailing.remote_id is None and mailing.create_intent_at is not None


def clear_draft(session: Session, mailing_id: int) -> None:
    """Forgets the draft after it was deleted at MailChimp. The caller commits."""
    update_columns(session, mailing_id, **_DRAFT_VALUES)


def clear_draft_and_segment(session: Session, mailing_id: int) -> None:
    """Forgets draft and segment after they were deleted at MailChimp. The caller commits."""
    update_columns(session, mailing_id, segment_id=None, **_DRAFT_VALUES)


def reset(session: Session, mailing_id: int) -> None:
    """Returns the mailing to its form after “Delete campaign”, and begins a new generation.

    The caller commits.
    """
    update_columns(session, mailing_id, generation=Mailing.generation + 1, **_RESET_VALUES)


def lock_active(session: Session, account_id: int) -> None:
    """Locks the mailings of an account's active operations until the commit.

    For `stop_all` and `cancelled_operations`: workers write their mailing before their operation, so
    locking in the same order cannot deadlock.
    """
    under_way = select(Operation.mailing_id).where(
        Operation.account_id == account_id, Operation.state.in_(ACTIVE_STATES)
    )
    statement = select(Mailing.id).where(Mailing.id.in_(under_way)).order_by(Mailing.id)
    session.execute(statement.with_for_update()).all()


def stop_all(
    session: Session, mailings: Sequence[int], before: list[Any], after: list[Any]
) -> None:
    """Sets the state of mailings whose operations were cancelled.

    Args:
        session: The host's session. The caller commits.
        mailings: Their ids.
        before: The problems of those without a send intent: nothing was sent, they are not ready.
        after: The problems of those with one: they may have been sent and need attention.
    """
    building = (MailingState.PREPARING, MailingState.SEND_INTENT)
    stopped = Mailing.id.in_(mailings) & Mailing.state.in_(building)
    for state, problems, condition in (
        (MailingState.NOT_READY, before, Mailing.send_intent_at.is_(None)),
        (MailingState.ATTENTION, after, Mailing.send_intent_at.is_not(None)),
    ):
        for mailing_id in session.execute(select(Mailing.id).where(stopped, condition)).scalars():
            notices.add_state(session, mailing_id, state)
        execute_rowcount(
            session,
            update(Mailing).where(stopped, condition).values(state=state, problems=problems),
        )


def scheduled_between(session: Session, since: int, until: int) -> list[Mailing]:
    """The mailings of all accounts that are scheduled for a time in this period."""
    statement = select(Mailing).where(
        Mailing.state == MailingState.SCHEDULED, Mailing.schedule_at.between(since, until)
    )
    return list(session.execute(statement).scalars())


def used_segments(
    session: Session, account_id: int, sent_before: int, limit: int
) -> Sequence[Row[int, str, int | None]]:
    """(mailing id, audience id, segment id) of mailings that have ended with a segment."""
    statement = select(Mailing.id, Mailing.list_id, Mailing.segment_id).where(
        Mailing.account_id == account_id, *_has_used_segment(sent_before)
    )
    return session.execute(statement.order_by(Mailing.id).limit(limit)).all()


def accounts_with_used_segments(session: Session, sent_before: int) -> set[int]:
    """The ids of the accounts that have such mailings."""
    statement = select(Mailing.account_id).where(*_has_used_segment(sent_before))
    return set(session.execute(statement.distinct()).scalars())


def may_be_scheduled(session: Session, account_id: int, now: int) -> list[Mailing]:
    """The mailings of an account that MailChimp will send, or may send, at their time; the next one first.

    That includes those whose request to schedule got no answer.
    """
    unanswered = and_(
        Mailing.state.in_((MailingState.SEND_INTENT, MailingState.ATTENTION)),
        Mailing.send_intent_at.is_not(None),
        Mailing.schedule_at > now,
    )
    statement = (
        select(Mailing)
        .where(Mailing.account_id == account_id)
        .where(or_(Mailing.state == MailingState.SCHEDULED, unanswered))
        .order_by(Mailing.schedule_at, Mailing.id)
        .execution_options(populate_existing=True)
    )
    return list(session.execute(statement).scalars())


def drafts_there(session: Session, account_id: int) -> Sequence[Row[int, str | None]]:
    """(mailing id, MailChimp's id) of the mailings with a draft, which a person can schedule there."""
    statement = select(Mailing.id, Mailing.remote_id).where(
        Mailing.account_id == account_id, Mailing.state.in_(DRAFT_STATES)
    )
    return session.execute(statement.where(Mailing.remote_id.is_not(None))).all()


def has_remote_campaigns(session: Session, account_id: int) -> bool:
    """Whether a remote campaign exists in the connected MailChimp account, or is being created."""
    exists = or_(
        Mailing.remote_id.is_not(None),
        Mailing.create_intent_at.is_not(None),
        Mailing.state == MailingState.PREPARING,
    )
    statement = select(Mailing.id).where(Mailing.account_id == account_id, exists).limit(1)
    return session.execute(statement).first() is not None


def _has_used_segment(sent_before: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Mailing.segment_id.is_not(None),
        Mailing.sent_at < sent_before,
        Mailing.state.in_((MailingState.SENT, MailingState.CANCELLED)),
    )


def _of_campaign(account_id: int, campaign_ref: str) -> Select[Mailing]:
    return select(Mailing).where(
        Mailing.account_id == account_id, Mailing.campaign_ref == campaign_ref
    )


def counts_by(mailing: Mailing | None, kind: str) -> dict[str, int]:
    """One of the groups of `Mailing.counts` ("reason", "status" or "events"); empty when not counted."""
    counts = mailing.counts if mailing and isinstance(mailing.counts, dict) else {}
    stored = counts.get(kind)
    group = stored if isinstance(stored, dict) else {}
    return {str(name): n for name, n in group.items() if isinstance(n, int)}
