"""The step of an invitation: MailChimp is asked to mail a confirmation. Nobody is ever subscribed here."""

from typing import TypeAlias

from cxmc_ext.db.queries import audit, erasure, invitations, unsubscribes, withdrawn_members
from cxmc_ext.domain.errors import Refused
from cxmc_ext.domain.invitations import InvitedPerson
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.operation_payloads import InvitationPayload
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import failed
from cxmc_ext.usecases.opt_outs.members import record_member_opt_outs
from cxmc_ext.usecases.opt_outs.opt_ins import confirm_invitation
from cxmc_ext.usecases.sync.unsubscribes import add_unsubscribed_events

InvitationContext: TypeAlias = OperationContext[InvitationPayload]

_PENDING, _SUBSCRIBED, _UNSUBSCRIBED = "pending", "subscribed", "unsubscribed"


def ask_for_confirmation(context: InvitationContext) -> None:
    """Step: sets the member to “pending”, for which MailChimp mails a confirmation.

    The member is read first: whoever is pending was asked, and is not asked again after a crash or a lost
    answer. What a live account does for people who unsubscribed is not certain: it asks them, answers
    without changing anything, or refuses. In the last two cases the signup form is left.

    Raises:
        StopOperation: MailChimp asks nobody, for a reason that the user is told.
        Conflict: See `record_opt_outs`.
        MailChimpError: A call failed.
    """
    account, payload = context.account, context.payload
    list_id, each_hash = account.list_id, member_hash(payload.address).hex()
    if erasure.suppression_list(context.session, account.id).digest_of(payload.address):
        raise failed("invitation_erased")
    member = context.call(context.api.member, list_id, each_hash)
    status = member.status if member else ""
    if status == "cleaned":
        raise failed("invitation_cleaned")
    if member is not None and status == _SUBSCRIBED and not payload.is_requested:
        _confirm_at_once(context, member)
        return
    if member is not None and status == _UNSUBSCRIBED:
        _record_unsubscribe(context, member)
    detail = ""
    if status not in (_PENDING, _SUBSCRIBED):
        status, detail = _ask(context, list_id, each_hash)
    _store(context, list_id, is_mailed=status != "")
    if not status:
        raise failed("invitation_refused", detail)


def _confirm_at_once(context: InvitationContext, member: Member) -> None:
    """Ends the opt-out of somebody who has subscribed since it was recorded, or since they were invited.

    Raises:
        StopOperation: They never unsubscribed at MailChimp: the opt-out was made in the CRM.
    """
    payload, operation = context.payload, context.operation
    assert payload.person is not None  # noqa: S101 - set by the request
    since = _left_at(context, payload.person, payload.address)
    if since is None or (member.changed_at or 0) <= since:
        raise failed("invitation_subscribed")
    _store(context, context.account.list_id, is_mailed=False)
    confirm_invitation(
        context.services,
        operation.account_id,
        payload.address,
        payload.person,
        operation.actor_name,
        member.changed_at or context.now,
    )
    context.commit()


def _left_at(context: InvitationContext, person: PersonRef, address: str) -> int | None:
    """Since when the address was not subscribed in this audience; None: it is not known to have left.

    That the member was changed after the opt-out proves nothing without this: any edit changes a member, and
    the opt-out may be about another address of the person, or about another audience.
    """
    session, account = context.session, context.account
    invited = invitations.of_address(session, account.id, member_hash(address))
    if invited and invited.confirmed_at is None and invited.list_id == account.list_id:
        return invited.invited_at
    if not audit.opted_out_subjects(session, account.id, [str(person)]):
        return None  # the CRM put them into the group
    return unsubscribes.left_at(session, account.id, account.list_id, member_hash(address))


def _record_unsubscribe(context: InvitationContext, member: Member) -> None:
    """Records an unsubscribe that no import has read: the invitation replaces the only trace of it."""
    services, account = context.services, context.account
    record_member_opt_outs(services, account.id, account.list_id, [member], context.now)
    add_unsubscribed_events(services, account.id, account.list_id, [member], context.now)
    context.commit()


def _ask(context: InvitationContext, list_id: str, each_hash: str) -> tuple[str, str]:
    """Asks MailChimp to ask; returns the status, "" if it does not, and its own words."""
    context.commit_progress(is_requested=True)
    try:
        member = context.call(
            context.api.invite_member, list_id, each_hash, context.payload.address
        )
    except Refused as error:
        return "", error.text
    return (_PENDING, "") if member.status == _PENDING else ("", "")


def _store(context: InvitationContext, list_id: str, *, is_mailed: bool) -> None:
    """Stores and commits the invitation: from now on each import of the audience looks for the answer.

    Whatever the status of a member becomes after the mail is their own act, also if we withdrew them before.
    """
    payload, operation = context.payload, context.operation
    assert payload.person is not None  # noqa: S101 - set by the request
    invited = InvitedPerson(
        person=payload.person,
        address=payload.address,
        list_id=list_id,
        at=context.now,
        by=operation.actor_name,
        is_mailed=is_mailed,
    )
    invitations.store(context.session, operation.account_id, invited)
    if is_mailed:
        withdrawn_members.forget(
            context.session, operation.account_id, list_id, [member_hash(payload.address)]
        )
    context.commit()
