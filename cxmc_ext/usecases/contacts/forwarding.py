"""Brings opt-outs of the CRM to the members of our audience, if the account's settings ask for it.

So colleagues who mail from MailChimp itself cannot reach people who opted out here. Each member is changed
once, and only if they are subscribed, or were asked to confirm, at that moment. Nothing raises a status.
"""

from collections.abc import Callable, Sequence

from cxmc_ext.db.queries import contacts, invitations, reported_opt_outs, withdrawn_members
from cxmc_ext.db.queries.contacts import KnownMember
from cxmc_ext.db.queries.withdrawn_members import Withdrawal
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.contacts import OptOutForwarding, WithdrawalCause
from cxmc_ext.usecases.contacts.guards import (
    ContactsContext,
    give_way,
    read_members,
    require_audience,
    withdraw,
)
from cxmc_ext.usecases.opt_outs.groups import require_opt_out_groups
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, opted_out_addresses
from cxmc_ext.usecases.opt_outs.members import SOURCE_BY_STATUS, record_member_opt_outs
from cxmc_ext.usecases.sending.maintenance_requests import SYSTEM_USER
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.batches import in_batches

# Rows that are read in one statement.
_PAGE_SIZE = 4000
_MAY_BE_MAILED = ("subscribed", "pending")
# Seconds after which an address that MailChimp did not know is looked for again: a single 404 may be a
# mistake, and whoever was deleted may subscribe again.
_LOOK_AGAIN = 24 * 3600
# Members who may have subscribed since, so that MailChimp must be asked before their opt-out is settled.
_MAY_BE_BACK = (WithdrawalCause.UNUSED, WithdrawalCause.GONE)


def forward_opt_outs(context: ContactsContext) -> None:
    """Step: archives or unsubscribes members who opted out in the CRM. Without any, it makes no call.

    Raises:
        Conflict: An opt-out group is missing (`opt_out_groups_missing`).
        RetryLater: Another operation waits for a worker.
        StopOperation: Another account or audience is connected.
        MailChimpError: An outage.
    """
    require_opt_out_groups(context.services.host)
    after: bytes | None = bytes.fromhex(context.payload.after)
    while after is not None and _choice(context) is not OptOutForwarding.OFF:
        members, after = contacts.members_page(
            context.session, context.account.id, context.payload.list_id, after, _PAGE_SIZE
        )
        context.commit()
        for some in in_batches(members, BATCH_SIZE):
            opted_out = _newly_opted_out(context, some)
            for batch in in_batches(opted_out, context.max_parallel_calls):
                _forward(context, batch)
                give_way(context)
        if after is not None:
            context.commit_progress(after=after.hex())
    _audit(context)


def _newly_opted_out(context: ContactsContext, members: Sequence[KnownMember]) -> list[bytes]:
    """The hashes of members whose opt-out MailChimp may not know yet. Forgets opt-outs that ended."""
    pairs = [(member.address, ref) for member in members for ref in member.people]
    addresses = opted_out_addresses(context.services.host, pairs)
    session, account_id, list_id = context.session, context.account.id, context.payload.list_id
    hashes = [member.member_hash for member in members]
    known = withdrawn_members.withdrawn(session, account_id, list_id, hashes)
    opted_out = [member.member_hash for member in members if member.address in addresses]
    ended = [
        each_hash
        for each_hash in known.keys() - set(opted_out)
        if known[each_hash].cause is not WithdrawalCause.UNUSED
    ]
    new = [each for each in opted_out if not _is_settled(known.get(each), context.now)]
    left = set(reported_opt_outs.reported(session, account_id, new)) if new else set()
    # Whoever was invited back may have confirmed already; until then MailChimp mails them nothing.
    left |= invitations.open_among(session, account_id, new) if new else set()
    new = [each for each in new if each not in left]
    is_back = [each for each in new if each in known and known[each].cause in _MAY_BE_BACK]
    withdrawn_members.forget(session, account_id, list_id, [*ended, *is_back])
    context.commit()
    return new


def _is_settled(stored: Withdrawal | None, now: int) -> bool:
    """Whether MailChimp knows of the opt-out, or did not know the address a short time ago.

    While a call is under way nothing is certain: the worker may have died.
    """
    if stored is None:
        return False
    is_gone = stored.cause is WithdrawalCause.GONE and stored.at > now - _LOOK_AGAIN
    return is_gone or stored.cause is WithdrawalCause.OPT_OUT


def _forward(context: ContactsContext, batch: Sequence[bytes]) -> None:
    if not context.payload.is_audience_checked:
        require_audience(context)
        context.commit_progress(is_audience_checked=True)
    session, account_id, list_id = context.session, context.account.id, context.payload.list_id
    members = dict(zip(batch, read_members(context, batch), strict=True))
    left = [each for each in members.values() if each and each.status in SOURCE_BY_STATUS]
    record_member_opt_outs(context.services, account_id, list_id, left, context.now)
    context.commit()
    mailable = {
        member.hash: each_hash
        for each_hash, member in members.items()
        if member is not None and member.status in _MAY_BE_MAILED
    }
    current = [member for member in members.values() if member and member.hash in mailable]
    # Stored first: what a worker did before it died must not look as if the person had unsubscribed.
    withdrawn_members.store(
        session,
        account_id,
        list_id,
        list(mailable.values()),
        WithdrawalCause.FORWARDING,
        context.now,
    )
    context.commit()
    done = {mailable[member.hash] for member in withdraw(context, _method(context), current)}
    is_archived = _choice(context) is OptOutForwarding.ARCHIVE
    if is_archived and done:
        contacts.add_to_use(session, account_id, -len(done), context.now)
    gone = [each_hash for each_hash, member in members.items() if member is None]
    settled = done | (set(batch) - set(mailable.values()) - set(gone))
    withdrawn_members.forget(session, account_id, list_id, set(batch) - settled)
    withdrawn_members.note_forwarded(session, account_id, list_id, settled)
    withdrawn_members.store(
        session, account_id, list_id, settled, WithdrawalCause.OPT_OUT, context.now
    )
    withdrawn_members.store(session, account_id, list_id, gone, WithdrawalCause.GONE, context.now)
    context.commit_progress(done=context.payload.done + len(done))


def _choice(context: ContactsContext) -> OptOutForwarding:
    """The setting of now: it may be switched off meanwhile."""
    return OptOutForwarding(context.account.opt_out_forwarding)


def _method(context: ContactsContext) -> Callable[[str, str], None]:
    if _choice(context) is OptOutForwarding.UNSUBSCRIBE:
        return context.api.unsubscribe_member
    return context.api.archive_member


def _audit(context: ContactsContext) -> None:
    """Records a run that changed something; the others would only fill the audit."""
    done = context.payload.done
    if done:
        audit.log(
            context.services,
            context.account.id,
            AuditAction.OPT_OUTS_FORWARDED,
            SYSTEM_USER,
            operation_id=context.operation_id,
            subject=f"{_choice(context)}: {done}",
        )
        context.commit()
