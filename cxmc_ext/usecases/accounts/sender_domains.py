"""Verifies a sender's domain from here: has MailChimp mail a code, then enters it."""

from cxmc_ext.domain.errors import Invalid, MailChimpError, Refused
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import domain_of, is_free_mail, normalize_address
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    connected_account,
    submit,
)
from cxmc_ext.usecases.operations.signals import error_text, failed

_LONGEST_CODE = 64


def request_verification_mail(services: Services, press: Press, email: str) -> int:
    """Has MailChimp send the verification mail to an address of the domain.

    :raises Invalid: email: no address, or of a free mail provider.
    :raises Conflict: not_active, no_key, or key_refused.
    """
    address = normalize_address(email)
    if address is None:
        raise Invalid({"email": Problem("from_email_wrong")})
    domain = domain_of(address)
    if is_free_mail(address):
        raise Invalid({"email": Problem("free_mail", values={"domain": domain})})
    return _ask(services, press, OperationKind.DOMAIN_MAIL, email=address, domain=domain)


def request_code_check(services: Services, press: Press, domain: str, code: str) -> int:
    """Enters the code of the mail.

    :raises Invalid: domain: none that was read from the account; code: empty or no code.
    :raises Conflict: not_active, no_key, or key_refused.
    """
    account = connected_account(services)
    if domain not in {one["domain"] for one in account.sender_domains}:
        raise Invalid({"domain": Problem("domain_unknown")})
    typed = code.strip()
    if not typed.isalnum() or len(typed) > _LONGEST_CODE:
        raise Invalid({"code": Problem("code_wrong")})
    return _ask(services, press, OperationKind.DOMAIN_CODE, domain=domain, code=typed)


def _ask(services: Services, press: Press, kind: OperationKind, **payload: Json) -> int:
    account = connected_account(services)
    scope = account_scope(account.id, kind)
    return submit(services, OperationRequest(press, kind, scope, payload=payload))


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


def _is_verified(run: OperationContext, domain: str) -> bool:
    return any(one.verified for one in run.call(run.api.sender_domains) if one.domain == domain)


def _explain(error: MailChimpError, code: str, domain: str) -> None:
    """A refusal of this very wish gets our sentence; a bad key and the like keep theirs."""
    if type(error) is not Refused:
        raise error
    raise failed(code, error_text(error), domain=domain) from None
