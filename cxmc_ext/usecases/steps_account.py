"""Steps on the account itself: opt-out groups, reading templates and domains, verifying a domain."""

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.errors import LostLease, MailChimpError, Refused
from cxmc_ext.domain.remote import SenderDomain, Template
from cxmc_ext.domain.values import OPT_OUT_GROUP_NAMES, OPT_OUT_TAG, Json, Problem
from cxmc_ext.usecases.halt import RetryLater, failed
from cxmc_ext.usecases.outcomes_text import error_text
from cxmc_ext.usecases.run import OperationContext


def create_opt_out_groups(run: OperationContext) -> None:
    """The tag and one group per kind of person; what is there is adopted. Then the module is active."""
    run.check_rights()
    run.services.host.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
    operation = run.operation
    if not accounts.finish_activation(run.session, operation.account_id, operation.epoch):
        raise LostLease
    run.commit()


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


def send_verification_mail(run: OperationContext) -> None:
    """MailChimp mails a code to the address; asking again mails a new one."""
    email, domain = str(run.payload["email"]), str(run.payload["domain"])
    try:
        run.call(run.api.request_domain_verification, email)
    except MailChimpError as error:
        _explain(error, "domain_refused", domain)


def verify_domain(run: OperationContext) -> None:
    """A code that was taken by a try without an answer is refused now: the domain itself tells."""
    domain = str(run.payload["domain"])
    try:
        run.call(run.api.verify_domain, domain, str(run.payload["code"]))
    except MailChimpError as error:
        if type(error) is not Refused or not _is_verified(run, domain):
            _explain(error, "domain_code_wrong", domain)


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


def _is_verified(run: OperationContext, domain: str) -> bool:
    return any(one.verified for one in run.call(run.api.sender_domains) if one.domain == domain)


def _explain(error: MailChimpError, code: str, domain: str) -> None:
    """A refusal of this very wish gets our sentence; a bad key and the like keep theirs."""
    if type(error) is not Refused:
        raise error
    raise failed(code, error_text(error), domain=domain) from None
