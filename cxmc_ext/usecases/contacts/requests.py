"""“Archive” of the unused contacts: stores the request. Makes no MailChimp call."""

from cxmc_ext.db.queries import contacts
from cxmc_ext.domain.contacts import UNUSED_AFTER
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import ContactsPayload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    connected_account,
    existing_operation,
    submit,
)


def request_archiving(services: Services, press: Press) -> int:
    """Requests to archive every contact that no mailing has addressed for a year.

    Returns:
        The id of the operation.

    Raises:
        Conflict: not_active, no_key, key_refused, or no_unused_contacts.
    """
    account, session = connected_account(services), services.session()
    before = services.clock() - UNUSED_AFTER
    kind = OperationKind.ARCHIVING
    request = OperationRequest(
        press=press, kind=kind, account_id=account.id, scope=account_scope(account.id, kind)
    )
    if existing_operation(session, request) is None:
        total = contacts.count_unused(session, account.id, account.list_id, before, 1)
        if not total:
            raise Conflict(Problem("no_unused_contacts"))
        payload = ContactsPayload(list_id=account.list_id, before=before)
        request = OperationRequest(
            press=press,
            kind=kind,
            account_id=account.id,
            scope=request.scope,
            payload=payload,
        )
    return submit(services, request)
