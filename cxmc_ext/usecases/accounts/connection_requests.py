"""“Initialize”: requests the connection to a MailChimp account. The steps are in `connection`."""

from dataclasses import replace

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import operations
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operation_payloads import ConnectPayload
from cxmc_ext.domain.operations import OperationKind, OperationState, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.api_key import parse_api_key
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.settings import parse_forwarding
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    active_account,
    existing_operation,
    submit,
)
from cxmc_ext.usecases.shared import api_keys


def request_connection(
    services: Services,
    press: Press,
    key: str,
    audience_id: str | None,
    opt_out_forwarding: str = "",
) -> int:
    """Has a worker try an API key and, if it can be used, store it.

    Args:
        services: Those of the account.
        press: Who pressed.
        key: As it was pasted. May be empty where an account is connected: then its key, or login, is used
            once more. With a chosen audience also the key that waits for this choice.
        audience_id: The audience that was chosen from those offered; None if none was offered.
        opt_out_forwarding: An `OptOutForwarding` to begin with; "" leaves it as it is.

    Returns:
        Id of the operation.

    Raises:
        Invalid: `key` does not look like an API key (MailChimp is not asked), or `audience_id` was not
            offered.
        Conflict: The module is not active (`not_active`).
    """
    session = services.session()
    account = active_account(services)
    request = _request(press, account)
    if existing_operation(session, request) is not None:
        return submit(services, request)
    payload = _key_payload(services, account, key, chose_audience=bool(audience_id))
    if audience_id:
        _check_offered(account, audience_id)
        payload = replace(payload, audience_id=audience_id)
    payload = replace(payload, opt_out_forwarding=parse_forwarding(opt_out_forwarding) or "")
    return submit(services, replace(request, payload=payload))


def request_login(services: Services, press: Press, code: str, redirect_uri: str) -> int:
    """Has a worker exchange the code of “Log in with MailChimp” and store the login like a key.

    Args:
        services: Those of the account.
        press: Who logged in.
        code: What MailChimp's login page gave to the browser.
        redirect_uri: Where the login page sent the browser.

    Returns:
        Id of the operation.

    Raises:
        Conflict: The module is not active (`not_active`).
    """
    account = active_account(services)
    payload = ConnectPayload(
        sealed_code=api_keys.seal(services, account.id, code), redirect_uri=redirect_uri
    )
    return submit(services, replace(_request(press, account), payload=payload))


def _request(press: Press, account: Account) -> OperationRequest:
    kind = OperationKind.CONNECT
    return OperationRequest(
        press=press, kind=kind, account_id=account.id, scope=account_scope(account.id, kind)
    )


def _key_payload(
    services: Services, account: Account, key: str, *, chose_audience: bool
) -> ConnectPayload:
    parsed = parse_api_key(key)
    if parsed is not None:
        sealed = api_keys.seal(services, account.id, parsed.text)
        return ConnectPayload(sealed_key=sealed, datacenter=parsed.datacenter, key_tail=parsed.tail)
    known = None
    if not key.strip():
        known = _waiting_key(services.session(), account) if chose_audience else None
        known = known or _stored_key(account)
    if known is None:
        raise Invalid({"key": Problem("key_shape")})
    return known


def _waiting_key(session: Session, account: Account) -> ConnectPayload | None:
    """The key of the last operation if it waits for the choice of an audience."""
    last = operations.get_latest(session, account_scope(account.id, OperationKind.CONNECT))
    if last is not None and last.state == OperationState.NOT_READY:
        kept = ConnectPayload.from_json(last.payload)
        if kept.sealed_key:
            return ConnectPayload(
                sealed_key=kept.sealed_key, datacenter=kept.datacenter, key_tail=kept.key_tail
            )
    return None


def _stored_key(account: Account) -> ConnectPayload | None:
    """The key in use, unless MailChimp refuses it."""
    if not account.sealed_key or account.key_refused:
        return None
    return ConnectPayload(
        sealed_key=account.sealed_key, datacenter=account.key_datacenter, key_tail=account.key_tail
    )


def _check_offered(account: Account, audience_id: str) -> None:
    offered = {str(audience["id"]) for audience in account.audiences} | {account.list_id}
    if audience_id not in offered:
        raise Invalid({"audience_id": Problem("audience_unknown")})
