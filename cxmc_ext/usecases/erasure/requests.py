"""“Erase a person”: stores the request. From the press on, the address is never sent to MailChimp again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import erasure
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.operation_payloads import ErasedAddress, ErasurePayload
from cxmc_ext.domain.operations import ADDRESS_KINDS, OperationKind, Press
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import member_hashes, normalize_address
from cxmc_ext.domain.rules.suppression import digest
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    OperationRequest,
    account_scope,
    active_account,
    submit,
)
from cxmc_ext.usecases.operations.transitions import Suppression
from cxmc_ext.usecases.opt_outs.lookup import people_at


@dataclass(frozen=True, slots=True)
class _Target:
    """Whom to erase: normalized addresses, and the person if one was named."""

    addresses: tuple[str, ...]
    person: PersonRef | None


@dataclass(frozen=True, slots=True)
class ErasureScope:
    """What an erasure would affect: people of the CRM with the address, and campaigns that contain it."""

    people: int
    campaigns: int

    @property
    def is_empty(self) -> bool:
        """Whether nobody is found; then only MailChimp can know the address, or it is misspelled."""
        return not (self.people or self.campaigns)


def erasure_scope(services: Services, address_or_person: str) -> ErasureScope:
    """Counts what an erasure would affect. Makes no MailChimp call.

    Args:
        services: The services of the account.
        address_or_person: An address, or a person as “candidate:12” or “contact:12”.

    Raises:
        Invalid: Field `who` is neither an address nor a known person.
        Conflict: not_active.
    """
    session = services.session()
    account = active_account(services)
    target = _parse_target(services, session, account, address_or_person)
    people = {target.person} if target.person else set()
    for refs in people_at(services.host, set(target.addresses)).values():
        people.update(refs)
    mailing_ids = {
        mailing_id
        for address in target.addresses
        for each_hash in member_hashes(address)
        for mailing_id in erasure.mailings_of_hash(session, account.id, each_hash)
    }
    return ErasureScope(len(people), len(mailing_ids))


def request_erasure(services: Services, press: Press, address_or_person: str) -> int:
    """Requests to erase an address, or all addresses of one person of the CRM.

    Args:
        services: The services of the account.
        press: The press of an administrator, or of the command line.
        address_or_person: An address, or a person as “candidate:12” or “contact:12”.

    Returns:
        The id of the operation.

    Raises:
        Invalid: Field `who` is neither an address nor a known person.
        Conflict: not_active.
    """
    session = services.session()
    account = active_account(services)
    account_id, kind = account.id, OperationKind.ERASURE
    target = _parse_target(services, session, account, address_or_person)
    salt = erasure.get_or_create_salt(session, account_id)
    digests = {address: digest(salt, address) for address in target.addresses}
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=account_id,
        scope=f"{account_scope(account_id, kind)}:{_scope_key(target, digests.values())}",
        payload=ErasurePayload(
            addresses=tuple(
                erased for pair in digests.items() for erased in erased_addresses(*pair)
            ),
            person=target.person,
            calls_in_flight=erasure.has_call_in_flight(session, account_id, ADDRESS_KINDS),
        ),
        transition=Suppression(account_id, list(digests.values()), services.clock()),
    )
    return submit(services, request)


def erased_addresses(address: str, its_digest: bytes) -> tuple[ErasedAddress, ...]:
    """How an operation stores a normalized address that it erases: by each of its possible ids."""
    return tuple(
        ErasedAddress(each_hash.hex(), its_digest.hex()) for each_hash in member_hashes(address)
    )


def _parse_target(
    services: Services, session: Session, account: Account, address_or_person: str
) -> _Target:
    address = normalize_address(address_or_person)
    if address is not None:
        return _Target((address,), None)
    kind, _, person_id = address_or_person.strip().partition(":")
    if kind not in set(PersonKind) or not person_id:
        raise Invalid({"who": Problem("erasure_target_invalid")})
    ref = PersonRef(PersonKind(kind), person_id)
    person = services.host.people_by_ref([ref]).get(ref)
    mailed_addresses = erasure.addresses(session, account.id, ref)
    if person is None and not erasure.mailings_of_person(session, account.id, ref):
        raise Invalid({"who": Problem("erasure_person_unknown")})
    own_address = normalize_address(person.address) if person else None
    addresses = {*mailed_addresses, *([own_address] if own_address else [])}
    return _Target(tuple(sorted(addresses)), ref)


def _scope_key(target: _Target, digests: Iterable[bytes]) -> str:
    """Equal for two erasures of the same person, different for different people."""
    person = str(target.person) if target.person else ""
    return hashlib.sha256(b"".join(sorted(digests)) + person.encode()).hexdigest()[:24]
