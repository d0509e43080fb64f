"""“Erase a person”: the asking side. From the press on the address is never pushed again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts, erasure
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.suppression import digest
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import (
    SENDING_KINDS,
    OperationRequest,
    account_scope,
    active_account,
    submit,
)

CALLING_KINDS = (*SENDING_KINDS, OperationKind.LATE_OPT_OUT_CHECK)


@dataclass(frozen=True, slots=True)
class ErasureTarget:
    """Who was typed: normalised addresses, and the person where one was named."""

    addresses: tuple[str, ...]
    person: PersonRef | None

    @property
    def person_key(self) -> str:
        return f"{self.person.kind}:{self.person.id}" if self.person else ""


@dataclass(frozen=True, slots=True)
class ErasureScope:
    """How many people of the CRM have the address, and in how many campaigns it stands."""

    people: int
    campaigns: int


def erasure_scope(services: Services, typed: str) -> ErasureScope:
    """What an erasure would concern; asks nothing of MailChimp.

    :raises Invalid: who: neither an address nor a person somebody knows.
    """
    session = services.session()
    account = active_account(services)
    whom = _target(services, session, account, typed)
    people = {whom.person} if whom.person else set()
    for refs in services.host.people_with_address(set(whom.addresses)).values():
        people.update(refs)
    rows = {
        mailing
        for address in whom.addresses
        for mailing in erasure.mailings_of_hash(session, account.id, member_hash(address))
    }
    return ErasureScope(len(people), len(rows))


def request_erasure(services: Services, press: Press, typed: str) -> int:
    """Erases whoever has this address, or all addresses of one person of the CRM.

    :param typed: an address, or a person as “candidate:12” or “contact:12”.
    :raises Invalid: who: neither an address nor a person somebody knows.
    :raises Conflict: not_active.
    """
    session = services.session()
    account = active_account(services)
    account_id, whom = account.id, _target(services, session, account, typed)
    salt = erasure.get_or_create_salt(session, account_id)
    marks = {address: digest(salt, address) for address in whom.addresses}
    members: list[Json] = [member_entry(address, found) for address, found in marks.items()]

    def begin(session: Session) -> None:
        accounts.lock(session, account_id)
        erasure.add_digests(session, account_id, marks.values(), services.clock())

    request = OperationRequest(
        press,
        OperationKind.ERASURE,
        f"{account_scope(account_id, OperationKind.ERASURE)}:{_scope_key(whom, marks.values())}",
        payload={
            "members": members,
            "person": whom.person_key,
            "flying": erasure.has_call_in_flight(session, account_id, CALLING_KINDS),
        },
    )
    return submit(services, request, begin)


def member_entry(address: str, found: bytes) -> Json:
    """MailChimp's id of an address and its mark, as the operation keeps them while it runs."""
    return [member_hash(address).hex(), found.hex()]


def _target(services: Services, session: Session, account: Account, typed: str) -> ErasureTarget:
    address = normalize_address(typed)
    if address is not None:
        return ErasureTarget((address,), None)
    kind, _, name = typed.strip().partition(":")
    if kind not in set(PersonKind) or not name:
        raise Invalid({"who": Problem("erasure_target_invalid")})
    ref = PersonRef(PersonKind(kind), name)
    known = services.host.people_by_ref([ref]).get(ref)
    ours = erasure.addresses(session, account.id, ref)
    if known is None and not erasure.mailings_of_person(session, account.id, ref):
        raise Invalid({"who": Problem("erasure_person_unknown")})
    own = normalize_address(known.address) if known else None
    return ErasureTarget(tuple(sorted({*ours, *([own] if own else [])})), ref)


def _scope_key(whom: ErasureTarget, marks: Iterable[bytes]) -> str:
    """The same person asked for twice is one erasure, two people are two."""
    told = b"".join(sorted(marks)) + whom.person_key.encode()
    return hashlib.sha256(told).hexdigest()[:24]
