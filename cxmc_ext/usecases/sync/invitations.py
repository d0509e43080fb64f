"""Looks whether people who were invited back have subscribed again."""

from functools import partial

from cxmc_ext.db.models.invitation import Invitation
from cxmc_ext.db.queries import invitations
from cxmc_ext.domain.errors import MailChimpError
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.usecases.opt_outs.opt_ins import confirm_invitation
from cxmc_ext.usecases.sync.context import TurnContext

# Members that one import reads, each with a call of its own.
_LIMIT = 20
# For so long after an invitation every import looks for the answer, later one a day.
_PERIOD = 30 * 86_400
_LATER = 86_400
_SUBSCRIBED = "subscribed"


def check_invitations(context: TurnContext) -> None:
    """Reads the members who were invited (`GET /lists/{id}/members/{hash}`); commits.

    One that MailChimp cannot show is the last one next time, so it keeps nobody else waiting.

    Raises:
        MailChimpError: A call failed.
        LostLease: Another worker has the turn.
    """
    session, account_id = context.session, context.turn.account_id
    now = context.started_at
    waiting = invitations.open_ones(session, account_id, now - _PERIOD, now - _LATER, _LIMIT)
    known = [
        (row.member_hash, row.address, row.list_id, _person(row), row.invited_by) for row in waiting
    ]
    session.commit()
    for each_hash, address, list_id, person, invited_by in known:
        try:
            member = _read(context, list_id, each_hash)
        except MailChimpError:
            context.extend_lease()
            _note_checked(context, each_hash)
            raise
        context.extend_lease()
        if member is not None and member.status == _SUBSCRIBED:
            at = member.changed_at or context.started_at
            confirm_invitation(context.services, account_id, address, person, invited_by, at)
        _note_checked(context, each_hash)


def _read(context: TurnContext, list_id: str, each_hash: bytes) -> Member | None:
    return context.call("member", partial(context.api.member, list_id, each_hash.hex()))


def _note_checked(context: TurnContext, each_hash: bytes) -> None:
    session, account_id = context.session, context.turn.account_id
    invitations.note_checked(session, account_id, [each_hash], context.started_at)
    context.write_audit()
    session.commit()


def _person(row: Invitation) -> PersonRef:
    return PersonRef(PersonKind(row.person_kind), row.person_id)
