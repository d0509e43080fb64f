"""“Send test” and “Preview”: stores the request. The steps are in `test_mail`."""

from collections.abc import Mapping

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.campaigns import MailingState, SendOrder
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operation_payloads import ThrowawayPayload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.ports.mailchimp_content import NO_REGIONS
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.regions import key_of, regions_problem
from cxmc_ext.domain.rules.send_form import order_problems, template_problem
from cxmc_ext.domain.rules.test_addresses import parse_test_addresses
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    connected_account,
    require_sending,
    submit,
)
from cxmc_ext.usecases.operations.transitions import MailingTransition
from cxmc_ext.usecases.sending.requests import find_mailing
from cxmc_ext.usecases.shared.regions import edited_regions, with_edited_regions


def test_mail_scope(mailing_id: int) -> str:
    """The scope of test mails of a campaign: one at a time."""
    return f"test:{mailing_id}"


def preview_scope(account_id: int, template_id: int, regions: Mapping[str, str]) -> str:
    """The scope of previews of an account: one at a time of the same content."""
    return f"preview:{account_id}:{template_id}:{key_of(regions)[:12]}"


def request_test_mail(services: Services, press: Press, order: SendOrder, typed: str) -> int:
    """Requests to mail the form as it is to some addresses. The form keeps its values.

    Args:
        services: The services of the account.
        press: The press, on a campaign.
        order: What was filled in.
        typed: Up to five addresses, separated by commas, semicolons or blanks.

    Returns:
        The id of the operation.

    Raises:
        Invalid: One problem per field of the form; "test_to" stands for the addresses.
        Conflict: not_active, no_key, key_refused, sending_stopped, campaign_gone, already_created or
            busy.
    """
    account, mailing = _account_and_mailing(services, press)
    require_sending(account)
    order = with_edited_regions(services.session(), account.id, order)
    addresses = parse_test_addresses(typed)
    problems = order_problems(order, account.templates, services.clock())
    if isinstance(addresses, Problem):
        raise Invalid({**problems, "test_to": addresses})
    if problems:
        raise Invalid(problems)
    request = OperationRequest(
        press=press,
        kind=OperationKind.TEST_MAIL,
        account_id=account.id,
        scope=test_mail_scope(mailing.id),
        audited_mailing_id=mailing.id,
        payload=ThrowawayPayload(
            title=mailing.campaign_title,
            template_id=order.template_id,
            design_id=_design_of(account, order.template_id),
            regions=order.regions,
            subject=order.subject,
            preview_text=order.preview_text,
            from_name=order.from_name,
            from_email=order.from_email,
            addresses=tuple(addresses),
            address_count=len(addresses),
        ),
        transition=MailingTransition(
            mailing_id=mailing.id,
            allowed_from=(MailingState.NONE,),
            refusal="already_created",
        ),
    )
    return submit(services, request)


def request_preview(
    services: Services, press: Press, template_id: int, typed: Mapping[str, str] = NO_REGIONS
) -> int:
    """Requests to read the HTML of a template, for everybody who previews it.

    Args:
        services: The services of the account.
        press: The press, on a campaign.
        template_id: The template.
        typed: What was typed for its editable regions.

    Returns:
        The id of the operation.

    Raises:
        Invalid: template_id: unknown or not usable; regions: a text cannot be used.
        Conflict: not_active, no_key, key_refused, campaign_gone or busy.
    """
    account, mailing = _account_and_mailing(services, press)
    regions = edited_regions(services.session(), account.id, template_id, typed)
    problems = {
        "template_id": template_problem(template_id, account.templates),
        "regions": regions_problem(regions),
    }
    found = {name: problem for name, problem in problems.items() if problem}
    if found:
        raise Invalid(found)
    request = OperationRequest(
        press=press,
        kind=OperationKind.PREVIEW,
        account_id=account.id,
        scope=preview_scope(account.id, template_id, regions),
        audited_mailing_id=mailing.id,
        payload=ThrowawayPayload(
            title=mailing.campaign_title,
            template_id=template_id,
            design_id=_design_of(account, template_id),
            regions=regions,
        ),
    )
    return submit(services, request)


def _account_and_mailing(services: Services, press: Press) -> tuple[Account, Mailing]:
    account = connected_account(services)
    return account, find_mailing(services, services.session(), account, press)


def _design_of(account: Account, template_id: int) -> str:
    """The campaign whose design is used; "" for a template."""
    designs = (each for each in account.templates if each["id"] == template_id)
    return next((str(each.get("campaign", "")) for each in designs), "")
