"""“Invite back”: when and how somebody opted out, and what became of asking them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.invitation import Invitation
from cxmc_ext.db.queries import accounts, audit, invitations, operations
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.operations import ACTIVE_STATES
from cxmc_ext.domain.people import Person, PersonKind, PersonRef
from cxmc_ext.domain.ports.opt_ins import OptInHost
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.texts import is_storable
from cxmc_ext.services import Services
from cxmc_ext.usecases.invitations.requests import invitation_scope
from cxmc_ext.usecases.opt_outs.lookup import opted_out_among


@dataclass(frozen=True, slots=True)
class PersonalEvent:
    """An opt-out or the end of one, as the audit recorded it: when, and how we know, in English."""

    at: int
    note: str


@dataclass(frozen=True, slots=True)
class InvitationAttempt:
    """The last request to ask the person: under way, done, or stopped because of `problems`."""

    is_active: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class InvitationScreen:
    """What “Invite back” shows of one person.

    Attributes:
        person: The person as the CRM knows them now.
        url: Their page in the CRM.
        is_opted_out: Whether they are in an opt-out group now.
        opt_out: Their last opt-out through MailChimp; None if they were put into the group in the CRM.
        opt_in: The end of it.
        invitation: The last invitation of their address.
        attempt: The last press, unless the person was subscribed again after it.
        subscribe_url: The signup form of the audience; "" until “Initialize” has read it.
        can_invite: Whether the CRM can end an opt-out, there is an address to ask, and MailChimp has
            neither asked it nor refused to.
    """

    person: Person
    url: str | None
    is_opted_out: bool
    opt_out: PersonalEvent | None
    opt_in: PersonalEvent | None
    invitation: Invitation | None
    attempt: InvitationAttempt | None
    subscribe_url: str
    can_invite: bool


def parse_person(text: str) -> PersonRef | None:
    """Reads a reference such as “candidate:12”; None for anything else."""
    kind, _, person_id = text.partition(":")
    if kind not in set(PersonKind) or not person_id or not is_storable(person_id):
        return None
    return PersonRef(PersonKind(kind), person_id)


def invitation_screen(services: Services, ref: PersonRef) -> InvitationScreen | None:
    """Reads the screen; None if the CRM does not know the person. Makes no MailChimp call."""
    person = services.host.people_by_ref([ref]).get(ref)
    if person is None:
        return None
    session = services.session()
    account = accounts.get_or_create(session, services.account_ref)
    address = normalize_address(person.address)
    is_opted_out = bool(opted_out_among(services.host, [ref]))
    opt_in = last_event(session, account.id, ref, AuditAction.OPT_IN)
    invitation = _invitation(session, account, address)
    can_ask = address is not None and not _is_answered(invitation, account.list_id)
    return InvitationScreen(
        person=person,
        url=services.host.person_url(ref),
        is_opted_out=is_opted_out,
        opt_out=last_event(session, account.id, ref, AuditAction.OPT_OUT),
        opt_in=opt_in,
        invitation=invitation,
        attempt=_attempt(session, account, address, opt_in.at if opt_in else 0),
        subscribe_url=account.list_subscribe_url,
        can_invite=is_opted_out and can_ask and isinstance(services.host, OptInHost),
    )


def last_event(
    session: Session, account_id: int, ref: PersonRef, action: AuditAction
) -> PersonalEvent | None:
    """The last entry of the audit about a person, of one action."""
    row = audit.last_of_subject(session, account_id, str(ref), action)
    return PersonalEvent(row.at, row.note) if row else None


def _invitation(session: Session, account: Account, address: str | None) -> Invitation | None:
    return invitations.of_address(session, account.id, member_hash(address)) if address else None


def _is_answered(invitation: Invitation | None, list_id: str) -> bool:
    """Whether asking again cannot help: the person was mailed, or MailChimp refuses it for this audience."""
    if invitation is None or invitation.confirmed_at is not None:
        return False
    return invitation.is_mailed or invitation.list_id == list_id


def _attempt(
    session: Session, account: Account, address: str | None, subscribed_at: int
) -> InvitationAttempt | None:
    if address is None:
        return None
    operation = operations.get_latest(session, invitation_scope(account.id, address))
    if operation is None or (operation.ended_at is not None and operation.ended_at < subscribed_at):
        return None
    problems = problems_from_json(operation.problems)
    return InvitationAttempt(operation.state in ACTIVE_STATES, problems)
