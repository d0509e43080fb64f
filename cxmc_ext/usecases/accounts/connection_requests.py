"""“Initialize” and “Refresh”: asks for the connection to a MailChimp account, or to read it anew."""

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import operations
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import OperationKind, OperationState, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.api_key import parse_api_key
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    active_account,
    existing_operation,
    submit,
)
from cxmc_ext.usecases.shared import api_keys


def request_connection(services: Services, press: Press, key: str, audience_id: str | None) -> int:
    """Has a worker try the key and, if it does, put it in place.

    :param key: as pasted. May be empty beside a chosen audience: then the key that is waiting for the
        choice is used.
    :raises Invalid: key: not the shape of a key (no request is made); audience_id: not one offered.
    :raises Conflict: not_active.
    """
    session = services.session()
    account = active_account(services)
    scope = account_scope(account.id, OperationKind.CONNECT)
    request = OperationRequest(press, OperationKind.CONNECT, scope)
    found = existing_operation(session, request)
    if found is not None:
        return submit(services, request)
    payload = _key(services, session, account, scope, key, audience_id)
    if audience_id:
        _check_offered(account, audience_id)
        payload["audience_id"] = audience_id
    return submit(services, OperationRequest(press, OperationKind.CONNECT, scope, payload=payload))


def _key(
    services: Services,
    session: Session,
    account: Account,
    scope: str,
    key: str,
    audience_id: str | None,
) -> dict[str, Json]:
    parsed = parse_api_key(key)
    if parsed is not None:
        sealed = api_keys.seal(services, account.id, parsed.text)
        return {"key": sealed, "dc": parsed.datacenter, "tail": parsed.tail}
    waiting = _waiting_key(session, account, scope) if audience_id and not key.strip() else None
    if waiting is None:
        raise Invalid({"key": Problem("key_shape")})
    return waiting


def _waiting_key(session: Session, account: Account, scope: str) -> dict[str, Json] | None:
    """The key of the last try that ended at the choice of an audience, else the one in use."""
    last = operations.get_latest(session, scope)
    if last is not None and last.state == OperationState.NOT_READY and last.payload.get("key"):
        return {name: last.payload[name] for name in ("key", "dc", "tail")}
    if account.sealed_key:
        return {"key": account.sealed_key, "dc": account.key_datacenter, "tail": account.key_tail}
    return None


def _check_offered(account: Account, audience_id: str) -> None:
    offered = {str(one["id"]) for one in account.audiences} | {account.list_id}
    if audience_id not in offered:
        raise Invalid({"audience_id": Problem("audience_unknown")})
