"""“Archive”: takes contacts that no mailing has addressed for a year out of the audience.

Only members who are subscribed at that moment are archived: archiving may hide that somebody unsubscribed.
A member whom a campaign addresses meanwhile is restored, so nobody is missed.
"""

from collections.abc import Collection, Sequence

from cxmc_ext.db.queries import contacts, withdrawn_members
from cxmc_ext.domain.contacts import WithdrawalCause
from cxmc_ext.domain.mailchimp import NewMember
from cxmc_ext.usecases.contacts.guards import (
    ContactsContext,
    give_way,
    read_members,
    require_audience,
    withdraw,
)
from cxmc_ext.usecases.shared.batches import in_batches

# Contacts that are looked up in one statement.
_PAGE_SIZE = 1000
_SUBSCRIBED, _ARCHIVED = "subscribed", "archived"


def archive_unused(context: ContactsContext) -> None:
    """Step: archives them (`DELETE /lists/{id}/members/{hash}`), as many at once as calls are allowed.

    Raises:
        RetryLater: Another operation waits for a worker.
        StopOperation: Another account or audience is connected.
        MailChimpError: An outage.
    """
    require_audience(context)
    _restore_used(context, [bytes.fromhex(each) for each in context.payload.pending])
    after = bytes.fromhex(context.payload.after)
    while page := _unused_page(context, after):
        for batch in in_batches(page, context.max_parallel_calls):
            _archive(context, batch)
            give_way(context)
        after = page[-1]
        context.commit_progress(after=after.hex())


def _unused_page(context: ContactsContext, after: bytes) -> list[bytes]:
    payload = context.payload
    page = contacts.unused_page(
        context.session,
        context.account.id,
        payload.list_id,
        payload.before,
        after,
        _PAGE_SIZE,
    )
    context.commit()
    return [contact.member_hash for contact in page]


def _archive(context: ContactsContext, batch: Sequence[bytes]) -> None:
    """Archives who is still subscribed and unused. What is pending is looked at again after a crash."""
    used = _used(context, batch)
    unused = [each_hash for each_hash in batch if each_hash not in used]
    if not unused:
        return
    members = dict(zip(unused, read_members(context, unused), strict=True))
    subscribed = [
        each_hash
        for each_hash, member in members.items()
        if member is not None and member.status == _SUBSCRIBED
    ]
    context.commit_progress(pending=tuple(each.hex() for each in subscribed))
    read = {member.hash: each for each in subscribed if (member := members[each]) is not None}
    current = [member for each in subscribed if (member := members[each]) is not None]
    archived = [
        read[member.hash] for member in withdraw(context, context.api.archive_member, current)
    ]
    archived_before = [
        each_hash
        for each_hash, member in members.items()
        if member is not None and member.status == _ARCHIVED
    ]
    gone = [each_hash for each_hash, member in members.items() if member is None]
    if archived:
        contacts.add_to_use(context.session, context.account.id, -len(archived), context.now)
    _store(context, [*archived, *archived_before], WithdrawalCause.UNUSED)
    _store(context, gone, WithdrawalCause.GONE)
    context.commit()
    _restore_used(context, archived)
    context.commit_progress(pending=(), done=context.payload.done + len(archived))


def _store(context: ContactsContext, hashes: Sequence[bytes], cause: WithdrawalCause) -> None:
    list_id, account_id = context.payload.list_id, context.account.id
    withdrawn_members.store(context.session, account_id, list_id, hashes, cause, context.now)


def _restore_used(context: ContactsContext, hashes: Sequence[bytes]) -> None:
    """Subscribes again whom a campaign began to address while we archived them, and only those.

    They were subscribed when we read them, a moment before we archived them.
    """
    used = [each_hash for each_hash in hashes if each_hash in _used(context, hashes)]
    if not used:
        return
    list_id, account_id = context.payload.list_id, context.account.id
    for member in read_members(context, used):
        if member is not None and member.status == _ARCHIVED:
            restored = NewMember(member.address, {})
            context.call(context.api.restore_member, list_id, member.hash, restored)
            contacts.add_to_use(context.session, account_id, 1, context.now)
    withdrawn_members.forget(context.session, account_id, list_id, used)
    context.commit()


def _used(context: ContactsContext, hashes: Collection[bytes]) -> set[bytes]:
    payload = context.payload
    if not hashes:
        return set()
    return contacts.used_since(
        context.session, context.account.id, payload.list_id, hashes, payload.before
    )
