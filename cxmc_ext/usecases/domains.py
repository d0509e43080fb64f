"""Verifies a sender's domain from here: has MailChimp mail a code, then enters it."""

from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.rules.addresses import domain_of, is_free_mail, normalize_address
from cxmc_ext.domain.values import Json, OperationKind, User, Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.ask import OperationRequest, account_scope, submit
from cxmc_ext.usecases.connect import connected_account

_LONGEST_CODE = 64


def request_verification_mail(services: Services, actor: User, nonce: str, email: str) -> int:
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
    return _ask(services, actor, nonce, OperationKind.DOMAIN_MAIL, email=address, domain=domain)


def request_code_check(services: Services, actor: User, nonce: str, domain: str, code: str) -> int:
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
    return _ask(services, actor, nonce, OperationKind.DOMAIN_CODE, domain=domain, code=typed)


def _ask(services: Services, actor: User, nonce: str, kind: OperationKind, **payload: Json) -> int:
    account = connected_account(services)
    scope = account_scope(account.id, kind)
    return submit(services, OperationRequest(actor, nonce, kind, scope, payload=payload))
