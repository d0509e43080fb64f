"""Verifies a sender domain: MailChimp mails a code to an address of the domain, and we send it back."""

from typing import TypeAlias

from cxmc_ext.domain.errors import CxmcError, Invalid, MailChimpError, Refused
from cxmc_ext.domain.operation_payloads import SenderDomainPayload
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
from cxmc_ext.usecases.operations.signals import failed

SenderDomainContext: TypeAlias = OperationContext[SenderDomainPayload]

_MAX_CODE_LENGTH = 64


def request_verification_mail(services: Services, press: Press, email: str) -> int:
    """Has MailChimp send the verification mail to an address of the domain.

    Returns:
        Id of the operation.

    Raises:
        Invalid: `email` is not an address, or one of a free mail provider, whose domain cannot be
            verified.
        Conflict: The module is not active (`not_active`), there is no key (`no_key`), or MailChimp
            refuses it (`key_refused`).
    """
    address = normalize_address(email)
    if address is None:
        raise Invalid({"email": Problem("from_email_wrong")})
    domain = domain_of(address)
    if is_free_mail(address):
        raise Invalid({"email": Problem("free_mail", values={"domain": domain})})
    payload = SenderDomainPayload(domain=domain, email=address)
    return _submit(services, press, OperationKind.DOMAIN_MAIL, payload)


def request_code_check(services: Services, press: Press, domain: str, code: str) -> int:
    """Sends the code of the verification mail to MailChimp.

    Returns:
        Id of the operation.

    Raises:
        Invalid: `domain` is not one of the account's sender domains, or `code` cannot be a code.
        Conflict: As for `request_verification_mail`.
    """
    account = connected_account(services)
    if domain not in {known["domain"] for known in account.sender_domains}:
        raise Invalid({"domain": Problem("domain_unknown")})
    code = code.strip()
    if not code.isalnum() or len(code) > _MAX_CODE_LENGTH:
        raise Invalid({"code": Problem("code_wrong")})
    payload = SenderDomainPayload(domain=domain, code=code)
    return _submit(services, press, OperationKind.DOMAIN_CODE, payload)


def send_verification_mail(context: SenderDomainContext) -> None:
    """Step: MailChimp mails a code, a new one each time (`POST /verified-domains`).

    Raises:
        StopOperation: MailChimp refuses the domain.
        MailChimpError: The call failed for another reason.
    """
    email, domain = context.payload.email, context.payload.domain
    try:
        context.call(context.api.request_domain_verification, email)
    except MailChimpError as error:
        raise _failure(error, "domain_refused", domain) from None


def verify_domain(context: SenderDomainContext) -> None:
    """Step: verifies the domain with the code (`POST /verified-domains/{domain}/actions/verify`).

    If an earlier call got no answer, MailChimp may have taken the code, and refuses it now. So a refusal
    counts only if the domain is not verified.

    Raises:
        StopOperation: MailChimp refuses the code.
        MailChimpError: The call failed for another reason.
    """
    domain, code = context.payload.domain, context.payload.code
    try:
        context.call(context.api.verify_domain, domain, code)
    except MailChimpError as error:
        if type(error) is Refused and _is_verified(context, domain):
            return
        raise _failure(error, "domain_code_wrong", domain) from None


def _submit(
    services: Services, press: Press, kind: OperationKind, payload: SenderDomainPayload
) -> int:
    account = connected_account(services)
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account.id,
        scope=account_scope(account.id, kind),
        payload=payload,
    )
    return submit(services, request)


def _is_verified(context: SenderDomainContext, domain: str) -> bool:
    domains = context.call(context.api.sender_domains)
    return any(known.verified for known in domains if known.domain == domain)


def _failure(error: MailChimpError, code: str, domain: str) -> CxmcError:
    """Our own message if MailChimp refuses the domain or code; any other error stays as it is."""
    if type(error) is not Refused:
        return error
    return failed(code, error.text, domain=domain)
