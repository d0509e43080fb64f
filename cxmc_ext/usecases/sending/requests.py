"""“Create and send”, “Create and schedule”, “Check again” and “Try again”: the asking side."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import mailings, operations
from cxmc_ext.domain.campaigns import MailingState, SendOrder
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import AuditAction, OperationKind, Press
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import normalize_address
from cxmc_ext.domain.rules.send_form import order_problems
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    SENDING_KINDS,
    Begin,
    OperationRequest,
    connected_account,
    existing_operation,
    mailing_scope,
    submit,
)
from cxmc_ext.usecases.shared import audit

_RETRY_FROM = (MailingState.ATTENTION, MailingState.NOT_READY, MailingState.SEND_INTENT)


def request_send(services: Services, press: Press, order: SendOrder) -> int:
    """Sends now, or schedules when the order has a time. The same nonce is the same press.

    :raises Invalid: per field of the form; "" = the campaign has no people.
    :raises Conflict: not_active, no_key, key_refused, campaign_gone, already_created or busy.
    """
    session = services.session()
    account = connected_account(services)
    mailing = _mailing(services, session, account, press)
    kind = OperationKind.SCHEDULE if order.schedule_at is not None else OperationKind.SEND
    request = OperationRequest(press, kind, mailing_scope(mailing.id), mailing.id)
    if existing_operation(session, request) is not None:
        return submit(services, request)
    _check(services, account, press.campaign_ref, order)
    return submit(services, request, _begin_order(account, mailing.id, order))


def request_check(services: Services, press: Press) -> int:
    """“Check again”: reads MailChimp's readiness anew and then does what was asked for first.

    :raises Conflict: nothing_to_check, or as `request_send`.
    """
    return _request_again(
        services,
        press,
        (MailingState.NOT_READY,),
        Problem("nothing_to_check"),
        OperationKind.CHECK,
    )


def request_retry(services: Services, press: Press) -> int:
    """“Try again”: wakes what is under way, or goes on from what is persisted.

    What was to be deleted or unscheduled is deleted, never sent.

    :raises Conflict: nothing_to_retry, or as `request_send`.
    """
    return _request_again(services, press, _RETRY_FROM, Problem("nothing_to_retry"), None)


def find_mailing(services: Services, session: Session, account: Account, press: Press) -> Mailing:
    """The mailing of a campaign that the actor sees.

    :raises Conflict: campaign_gone.
    """
    return _mailing(services, session, account, press)


def _request_again(
    services: Services,
    press: Press,
    states: Collection[MailingState],
    refusal: Problem,
    kind: OperationKind | None,
) -> int:
    session = services.session()
    account = connected_account(services)
    mailing = _mailing(services, session, account, press)
    scope = mailing_scope(mailing.id)
    active = operations.get_active(session, scope)
    last = active or operations.get_latest(session, scope)
    wanted = kind or _kind_to_retry(last.kind if last else None, mailing)
    request = OperationRequest(press, wanted, scope, mailing.id, equivalent_kinds=SENDING_KINDS)
    if active is not None and kind is None:
        operations.clear_delay(session, active.id)
        audit.log(
            services,
            account.id,
            AuditAction.RETRY,
            press.actor,
            mailing_id=mailing.id,
            operation_id=active.id,
        )
    return submit(services, request, _begin_again(mailing.id, states, refusal, wanted))


def _kind_to_retry(last: str | None, mailing: Mailing) -> OperationKind:
    """What is to be tried again: what was tried last."""
    if last in (OperationKind.DELETE, OperationKind.UNSCHEDULE):
        return OperationKind(last)
    return OperationKind.SEND if mailing.schedule_at is None else OperationKind.SCHEDULE


def _begin_again(
    mailing_id: int, states: Collection[MailingState], refusal: Problem, kind: OperationKind
) -> Begin:
    def begin(session: Session) -> Problem | None:
        state = MailingState.PREPARING
        if kind in SENDING_KINDS and mailings.update_if_state(
            session, mailing_id, states, state=state, problems=[]
        ):
            return None
        stays = (
            kind not in SENDING_KINDS
            and mailings.get_for_update(session, mailing_id).state in states
        )
        return None if stays else refusal

    return begin


def _begin_order(account: Account, mailing_id: int, order: SendOrder) -> Begin:
    template = next(one for one in account.templates if one["id"] == order.template_id)
    values = {
        "subject": order.subject.strip(),
        "from_name": order.from_name.strip(),
        "from_email": normalize_address(order.from_email),
        "template_id": order.template_id,
        "template_name": template["name"][:200],
        "schedule_at": order.schedule_at,
    }

    def begin(session: Session) -> Problem | None:
        moved = mailings.update_if_state(
            session,
            mailing_id,
            (MailingState.NONE,),
            state=MailingState.PREPARING,
            problems=[],
            **values,
        )
        return None if moved else Problem("already_created")

    return begin


def _mailing(services: Services, session: Session, account: Account, press: Press) -> Mailing:
    campaign = services.host.campaign(press.campaign_ref, press.actor.id or None)
    if campaign is None:
        raise Conflict(Problem("campaign_gone"))
    mailing = mailings.get_or_create(session, account.id, campaign.ref, campaign.title[:300])
    if mailing.state == MailingState.NONE:
        mailing.campaign_title = campaign.title[:300]
    return mailing


def _check(services: Services, account: Account, campaign_ref: str, order: SendOrder) -> None:
    """Everything that is known before MailChimp is asked; an unverified domain is no refusal (seed)."""
    trouble = order_problems(order, account.templates, services.clock())
    if not _has_people(services.host, campaign_ref):
        trouble[""] = Problem("no_recipients")
    if trouble:
        raise Invalid(trouble)


def _has_people(host: Host, campaign_ref: str) -> bool:
    return any(len(people) > 0 for people in host.people(campaign_ref))
