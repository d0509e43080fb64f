"""Ends opt-outs of people who were invited and subscribed again themselves."""

from collections.abc import Collection, Iterable

from cxmc_ext.db.queries import (
    accounts,
    audit,
    invitations,
    notices,
    reported_opt_outs,
    withdrawn_members,
)
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.domain.ports.opt_ins import OptInHost
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, opted_out_among, people_at
from cxmc_ext.usecases.shared import audit as audit_log
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.shared.host_transactions import within_transaction


def confirm_invitation(
    services: Services, account_id: int, address: str, invited: PersonRef, by: str, at: int
) -> None:
    """Ends the opt-out of somebody who confirmed, and of others whom the address opted out.

    The caller commits. Doing it twice changes nothing.

    Args:
        services: Those of the account.
        account_id: The account.
        address: The canonical address that confirmed.
        invited: The person who was invited.
        by: Who invited them.
        at: When it was confirmed, in Unix seconds.
    """
    session, each_hash = services.session(), member_hash(address)
    accounts.lock(session, account_id)
    if not invitations.confirm(session, account_id, each_hash, at):
        return
    reported_opt_outs.forget(session, account_id, [each_hash])
    # So that a later opt-out of the CRM is forwarded again.
    withdrawn_members.forget_everywhere(session, account_id, [each_hash])
    note = services.render_note(Note(NoteKind.SUBSCRIBED_AGAIN, by=by))
    with within_transaction(session, "opt_in"):
        owners = people_at(services.host, {address}).get(address, ())
        if len(owners) == 1 and not services.host.people_by_ref([invited]):
            (invited,) = owners  # the CRM has merged them
        _opt_in(services, account_id, owners, invited, note)


def _opt_in(
    services: Services,
    account_id: int,
    owners: Collection[PersonRef],
    invited: PersonRef,
    note: str,
) -> None:
    """Takes people out of the opt-out groups: who was invited, and those whom MailChimp put there.

    Whoever was put there in the CRM did not opt out at MailChimp, and stays.
    """
    host, session = services.host, services.session()
    if not isinstance(host, OptInHost):
        return
    for refs in in_batches(opted_out_among(host, owners), BATCH_SIZE):
        by_subject = {str(ref): ref for ref in refs}
        ours = audit.opted_out_subjects(session, account_id, list(by_subject))
        ending = [ref for subject, ref in by_subject.items() if ref == invited or subject in ours]
        if ending:
            host.opt_in(OPT_OUT_TAG, _sorted(ending), note)
            audit_log.log_opt_ins(services, account_id, ending, note)
            people = [[ref.kind, ref.id] for ref in _sorted(ending)]
            notices.add(session, account_id, NoticeKind.OPTED_IN, people=people)


def _sorted(refs: Iterable[PersonRef]) -> list[PersonRef]:
    return sorted(refs, key=lambda ref: (ref.kind, ref.id))
