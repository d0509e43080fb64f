"""“Refresh”: reads the templates and sender domains of the connected MailChimp account."""

from dataclasses import asdict

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import SenderDomain
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.designs import design_rows, read_designs
from cxmc_ext.usecases.operations.context import AnyContext
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    connected_account,
    submit,
)
from cxmc_ext.usecases.operations.signals import RetryLater


def request_refresh(services: Services, press: Press) -> int:
    """Has a worker read the templates and sender domains.

    Returns:
        Id of the operation.

    Raises:
        Conflict: The module is not active (`not_active`), there is no key (`no_key`), or MailChimp
            refuses it (`key_refused`).
    """
    account = connected_account(services)
    scope = account_scope(account.id, OperationKind.REFRESH)
    request = OperationRequest(
        press=press, kind=OperationKind.REFRESH, account_id=account.id, scope=scope
    )
    return submit(services, request)


def read_details(context: AnyContext) -> None:
    """Step: stores templates, designs and sender domains (`GET /templates`, `GET /verified-domains`).

    Raises:
        RetryLater: The key was replaced while they were read; they may be those of another account.
        LostLease: Another worker has the operation.
        MailChimpError: A call failed.
    """
    account_id = context.account.id
    templates = read_templates(context)
    domains = context.call(context.api.sender_domains)
    is_stored = accounts.update_if_key_unchanged(
        context.session,
        account_id,
        context.sealed_key,
        templates=templates,
        sender_domains=domain_rows(domains),
        details_read_at=context.now,
    )
    if not is_stored:
        raise RetryLater(1, Problem("waiting_settle"))
    context.commit()


def read_templates(context: AnyContext) -> list[Json]:
    """Templates (`GET /templates`) and designs as the account's row stores them."""
    templates = context.call(context.api.templates)
    designs = read_designs(context, templates)
    return [*(asdict(template) for template in templates), *design_rows(designs)]


def domain_rows(domains: tuple[SenderDomain, ...]) -> list[Json]:
    """Sender domains as the account's row stores them."""
    return [asdict(domain) for domain in domains]
