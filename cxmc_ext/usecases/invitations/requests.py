"""“Ask for confirmation”: stores the request to invite somebody back. Makes no MailChimp call."""

from cxmc_ext.db.queries import erasure
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import InvitationPayload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.ports.opt_ins import OptInHost
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    sending_account,
    submit,
)
from cxmc_ext.usecases.opt_outs.lookup import opted_out_among


def request_invitation(services: Services, press: Press, person: PersonRef) -> int:
    """Requests that MailChimp asks somebody whether they want to be mailed again.

    Args:
        services: Those of the account.
        press: The press of a user with the right to send.
        person: Who opted out.

    Returns:
        The id of the operation.

    Raises:
        Conflict: not_active, no_key, key_refused, sending_stopped, or a reason of the person
            (`messages/invitations.py`).
    """
    account = sending_account(services)
    address = _address(services, person)
    if erasure.suppression_list(services.session(), account.id).digest_of(address):
        raise Conflict(Problem("invitation_erased"))
    if not isinstance(services.host, OptInHost):
        raise Conflict(Problem("invitation_unsupported"))
    if not opted_out_among(services.host, [person]):
        raise Conflict(Problem("invitation_not_opted_out"))
    kind = OperationKind.INVITATION
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account.id,
        scope=invitation_scope(account.id, address),
        payload=InvitationPayload(person=person, address=address),
        subject=str(person),
    )
    return submit(services, request)


def invitation_scope(account_id: int, address: str) -> str:
    """The scope of invitations of an address."""
    scope = account_scope(account_id, OperationKind.INVITATION)
    return f"{scope}:{member_hash(address).hex()[:24]}"


def _address(services: Services, ref: PersonRef) -> str:
    person = services.host.people_by_ref([ref]).get(ref)
    if person is None:
        raise Conflict(Problem("invitation_person_unknown"))
    address = normalize_address(person.address)
    if address is None:
        raise Conflict(Problem("invitation_no_address"))
    return address
