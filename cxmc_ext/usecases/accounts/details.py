"""Steps on the account itself: opt-out groups, reading templates and domains, verifying a domain."""

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import SenderDomain, Template
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    connected_account,
    submit,
)
from cxmc_ext.usecases.operations.signals import RetryLater


def read_details(run: OperationContext) -> None:
    """Templates and sender domains as they are now.

    :raises Pause: with a key that is not in use any more: it may be of another account.
    """
    account_id = run.account.id
    templates = run.call(run.api.templates)
    domains = run.call(run.api.sender_domains)
    kept = accounts.update_if_key_unchanged(
        run.session,
        account_id,
        run.sealed_key,
        templates=template_rows(templates),
        sender_domains=domain_rows(domains),
        details_read_at=run.now,
    )
    if not kept:
        raise RetryLater(1, Problem("waiting_settle"))
    run.commit()


def template_rows(templates: tuple[Template, ...]) -> list[Json]:
    return [
        {
            "id": one.id,
            "name": one.name,
            "thumbnail": one.thumbnail,
            "edited_at": one.edited_at,
            "usable": one.usable,
        }
        for one in templates
    ]


def domain_rows(domains: tuple[SenderDomain, ...]) -> list[Json]:
    return [
        {
            "domain": one.domain,
            "verified": one.verified,
            "authenticated": one.authenticated,
            "mail_sent": one.mail_sent,
        }
        for one in domains
    ]


def request_refresh(services: Services, press: Press) -> int:
    """Reads templates and domains anew.

    :raises Conflict: not_active, or no_key.
    """
    account = connected_account(services)
    scope = account_scope(account.id, OperationKind.REFRESH)
    return submit(services, OperationRequest(press, OperationKind.REFRESH, scope))
