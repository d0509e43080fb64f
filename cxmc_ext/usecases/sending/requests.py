"""“Create and send”, “Create and schedule”, “Check again” and “Try again”: stores the request."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import mailings, operations
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.campaigns import MailingState, SendOrder
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import BUILD_KINDS, OperationFamily, OperationKind, Press, spec_of
from cxmc_ext.domain.people import User
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import normalize_address
from cxmc_ext.domain.rules.host_values import checked_people
from cxmc_ext.domain.rules.send_form import order_problems
from cxmc_ext.domain.rules.texts import storable_text
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    connected_account,
    existing_operation,
    mailing_scope,
    require_sending,
    sending_account,
    submit,
)
from cxmc_ext.usecases.operations.transitions import MailingTransition
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.regions import previewed_fingerprint, with_edited_regions

_RETRY_FROM = (MailingState.ATTENTION, MailingState.NOT_READY, MailingState.SEND_INTENT)


def request_send(services: Services, press: Press, order: SendOrder) -> int:
    """Requests to create and send a campaign, or to schedule it if the order has a time.

    Args:
        services: The services of the account.
        press: The press, on a campaign.
        order: What was filled in.

    Returns:
        The id of the operation.

    Raises:
        Invalid: One problem per field of the form; "" stands for a campaign without people.
        Conflict: not_active, no_key, key_refused, sending_stopped, campaign_gone, already_created or busy.
    """
    session = services.session()
    account = sending_account(services)
    mailing = find_mailing(services, session, account, press)
    is_scheduled = order.schedule_at is not None
    request = OperationRequest(
        press=press,
        kind=OperationKind.SCHEDULE if is_scheduled else OperationKind.SEND,
        account_id=account.id,
        scope=mailing_scope(mailing.id),
        mailing_id=mailing.id,
        audited_choice=AuditAction.SEND_ANYWAY if order.ignores_frequency_cap else None,
    )
    if existing_operation(session, request) is not None:
        return submit(services, request)  # a repeated press is not validated again
    order = with_edited_regions(session, account.id, order)
    _validate(services, account, press.campaign_ref, order)
    transition = MailingTransition(
        mailing_id=mailing.id,
        allowed_from=(MailingState.NONE,),
        refusal="already_created",
        changes=_prepare_columns() | _order_columns(session, account, order, press.actor),
    )
    return submit(services, replace(request, transition=transition))


def request_check(services: Services, press: Press) -> int:
    """Requests another readiness check of the campaign, then to go on with its send or schedule.

    Returns:
        The id of the operation.

    Raises:
        Conflict: nothing_to_check, not_active, no_key, key_refused, sending_stopped, campaign_gone or
            busy.
    """
    session = services.session()
    account = sending_account(services)
    mailing = find_mailing(services, session, account, press)
    request = _resume_request(
        press, account, mailing, OperationKind.CHECK, (MailingState.NOT_READY,), "nothing_to_check"
    )
    return submit(services, request)


def request_retry(services: Services, press: Press) -> int:
    """Requests to go on with what was requested last: wakes what is waiting, or resumes what stopped.

    A mailing that was to be deleted or unscheduled is deleted, never sent.

    Returns:
        The id of the operation.

    Raises:
        Conflict: nothing_to_retry, not_active, no_key, key_refused, sending_stopped, campaign_gone or
            busy.
    """
    session = services.session()
    account = connected_account(services)
    mailing = find_mailing(services, session, account, press)
    scope = mailing_scope(mailing.id)
    active = operations.get_active(session, scope)
    latest = active or operations.get_latest(session, scope)
    kind = _kind_to_retry(latest, mailing)
    if spec_of(kind).family is OperationFamily.BUILD:
        require_sending(account)
    request = _resume_request(press, account, mailing, kind, _RETRY_FROM, "nothing_to_retry")
    if active is not None:
        operations.clear_delay(session, active.id)
        audit.log(
            services,
            account.id,
            AuditAction.RETRY,
            press.actor,
            mailing_id=mailing.id,
            operation_id=active.id,
        )
    return submit(services, request)


def find_mailing(services: Services, session: Session, account: Account, press: Press) -> Mailing:
    """Returns our record of the campaign of a press, creating it if there is none.

    Raises:
        Conflict: campaign_gone: the Host has no such campaign, or the user may not see it.
    """
    campaign = press.campaign or services.host.campaign(press.campaign_ref, press.actor.id or None)
    if campaign is None:
        raise Conflict(Problem("campaign_gone"))
    title = storable_text(campaign.title)[:300]
    mailing = mailings.get_or_create(session, account.id, campaign.ref, title)
    if mailing.state == MailingState.NONE:
        mailing.campaign_title = title
    return mailing


def _resume_request(
    press: Press,
    account: Account,
    mailing: Mailing,
    kind: OperationKind,
    allowed_from: Collection[MailingState],
    refusal: str,
) -> OperationRequest:
    """A removal leaves the mailing's state as it is until the campaign is gone."""
    is_build = spec_of(kind).family is OperationFamily.BUILD
    return OperationRequest(
        press=press,
        kind=kind,
        account_id=account.id,
        scope=mailing_scope(mailing.id),
        mailing_id=mailing.id,
        equivalent_kinds=BUILD_KINDS,
        transition=MailingTransition(
            mailing_id=mailing.id,
            allowed_from=allowed_from,
            refusal=refusal,
            changes=_prepare_columns() if is_build else {},
        ),
    )


def _kind_to_retry(latest: Operation | None, mailing: Mailing) -> OperationKind:
    if latest is not None and spec_of(latest.kind).family is OperationFamily.REMOVAL:
        return OperationKind(latest.kind)
    return OperationKind.SEND if mailing.schedule_at is None else OperationKind.SCHEDULE


def _prepare_columns() -> dict[str, Any]:
    return {"state": MailingState.PREPARING, "problems": []}


def _order_columns(
    session: Session, account: Account, order: SendOrder, actor: User
) -> dict[str, Any]:
    template = next(known for known in account.templates if known["id"] == order.template_id)
    return {
        "subject": order.subject.strip(),
        "preview_text": order.preview_text.strip(),
        "from_name": order.from_name.strip(),
        "from_email": normalize_address(order.from_email),
        "template_id": order.template_id,
        "design_id": template.get("campaign", ""),
        "template_name": template["name"][:200],
        "regions": dict(order.regions),
        "blocks": {name: block.to_json() for name, block in order.blocks.items()},
        "content_fingerprint": previewed_fingerprint(
            session, account.id, order, template["edited_at"] or 0
        ),
        "schedule_at": order.schedule_at,
        "ignores_frequency_cap": order.ignores_frequency_cap,
        "requested_by_id": actor.id[:64],
        "requested_by_name": actor.name[:200],
        "form_draft": {},
        "form_draft_version": Mailing.form_draft_version + 1,
    }


def _validate(services: Services, account: Account, campaign_ref: str, order: SendOrder) -> None:
    """Checks all that is known without MailChimp. An unverified sender domain is no reason to refuse."""
    problems = order_problems(order, account.templates, services.clock())
    if not _has_people(services.host, campaign_ref):
        problems[""] = Problem("no_recipients")
    if problems:
        raise Invalid(problems)


def _has_people(host: Host, campaign_ref: str) -> bool:
    return any(len(people) > 0 for people in checked_people(host.people(campaign_ref)))
