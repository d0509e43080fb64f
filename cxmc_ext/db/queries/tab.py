"""Queries of the tab and the settings page: one statement per view, always reading anew."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased, defer

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, kinds_with

_ACCOUNT_KINDS = kinds_with(lambda spec: spec.is_followed_by_tab)
_SWITCH_KINDS = (OperationKind.ACTIVATE, OperationKind.DEACTIVATION)
_FORM_KINDS = kinds_with(lambda spec: spec.takes_form)
_ACCEPTED_STATES = (
    MailingState.IN_MAILCHIMP,
    MailingState.SCHEDULED,
    MailingState.SENDING,
    MailingState.SENT,
)
# Large columns are loaded when a screen uses them; following an operation does not.
_LARGE_COLUMNS = (Account.templates, Account.sender_domains, Account.audiences, Mailing.report)


@dataclass(frozen=True, slots=True)
class CampaignRows:
    """An account, the mailing of a campaign and its newest operation; None where there is none."""

    account: Account | None = None
    mailing: Mailing | None = None
    operation: Operation | None = None


def account_state(session: Session, account_ref: str) -> str | None:
    """The state of an account; None when it was never used."""
    return session.scalar(select(Account.state).where(Account.ref == account_ref))


def campaign_rows(session: Session, account_ref: str, campaign_ref: str) -> CampaignRows:
    """The account and the mailing of a host campaign with its newest operation, in one statement."""
    given = {"account": account_ref, "campaign": campaign_ref}
    row = session.execute(
        _campaign_rows_query(), given, execution_options={"populate_existing": True}
    ).first()
    return CampaignRows(*row) if row else CampaignRows()


@cache
def _campaign_rows_query() -> Select[*tuple[Any, ...]]:
    """Built once per process: building it took two thirds of the time of a poll (observed 2026-11)."""
    candidate = aliased(Operation)
    newest = (
        select(func.max(candidate.id)).where(candidate.mailing_id == Mailing.id).scalar_subquery()
    )
    named = Mailing.campaign_ref == bindparam("campaign")
    return (
        select(Account, Mailing, Operation)
        .outerjoin(Mailing, and_(Mailing.account_id == Account.id, named))
        .outerjoin(Operation, Operation.id == newest)
        .where(Account.ref == bindparam("account"))
        .options(*(defer(column) for column in _LARGE_COLUMNS))
    )


def account_rows(session: Session, account_ref: str) -> CampaignRows:
    """The account and its newest activation or deactivation, without a mailing."""
    candidate = aliased(Operation)
    newest = (
        select(func.max(candidate.id))
        .where(candidate.account_id == Account.id, candidate.kind.in_(_SWITCH_KINDS))
        .scalar_subquery()
    )
    row = session.execute(
        select(Account, Operation)
        .outerjoin(Operation, Operation.id == newest)
        .where(Account.ref == account_ref)
        .execution_options(populate_existing=True)
    ).first()
    return CampaignRows(account=row[0], operation=row[1]) if row else CampaignRows()


def account_operation(
    session: Session, account_id: int, operation_id: int | None
) -> Operation | None:
    """An operation of the settings page.

    Args:
        session: The host's session.
        account_id: The account.
        operation_id: The operation a press started; None or unknown: the one that is active, if any.
    """
    under_way = Operation.state.in_(ACTIVE_STATES)
    return session.scalars(
        select(Operation)
        .where(
            Operation.account_id == account_id,
            Operation.mailing_id.is_(None),
            Operation.kind.in_(_ACCOUNT_KINDS),
            or_(Operation.id == operation_id, under_way) if operation_id else under_way,
        )
        .order_by((Operation.id == (operation_id or 0)).desc(), Operation.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def last_sender(session: Session, account_id: int, user_id: str) -> tuple[str, str] | None:
    """(from name, from email) of the last mailing this user sent or scheduled; None when there is none.

    A sender that MailChimp did not accept is not proposed again.
    """
    row = session.execute(
        select(Mailing.from_name, Mailing.from_email)
        .join(Operation, Operation.mailing_id == Mailing.id)
        .where(
            Operation.account_id == account_id,
            Operation.actor_id == user_id,
            Operation.kind.in_(_FORM_KINDS),
            Mailing.state.in_(_ACCEPTED_STATES),
        )
        .order_by(Operation.id.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None
