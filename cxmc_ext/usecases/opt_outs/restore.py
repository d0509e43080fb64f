"""Fills opt-out groups that had to be created again with everybody who is known to have opted out."""

from collections.abc import Callable, Sequence

from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.db.queries import opted_out_people, reported_opt_outs
from cxmc_ext.db.queries.reported_opt_outs import MailedPerson
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.opt_outs import OptOut
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE
from cxmc_ext.usecases.opt_outs.record import opt_out_people, record_opt_outs

_NOTE = Note(NoteKind.RESTORED)


def restore_opt_outs(services: Services, account_id: int, commit: Callable[[], None]) -> None:
    """Opts everybody out again about whom MailChimp ever reported an opt-out, or whom a campaign left out.

    People whom users put into the lost group by hand are known here only if a campaign met them there.

    Args:
        services: Those of the account.
        account_id: The account.
        commit: Called after each batch.
    """
    _restore_reported(services, account_id, commit)
    _restore_left_out(services, account_id, commit)


def _restore_reported(services: Services, account_id: int, commit: Callable[[], None]) -> None:
    after = b""
    session = services.session()
    while rows := reported_opt_outs.page(session, account_id, after, BATCH_SIZE):
        after = rows[-1].member_hash
        hashes = [row.member_hash for row in rows]
        mailed_people = reported_opt_outs.people_mailed_at(session, account_id, hashes)
        opt_outs = [_opt_out(row, mailed_people.get(row.member_hash, ())) for row in rows]
        record_opt_outs(services, account_id, rows[0].list_id, opt_outs)
        commit()


def _restore_left_out(services: Services, account_id: int, commit: Callable[[], None]) -> None:
    after = 0
    session = services.session()
    while rows := opted_out_people.page(session, account_id, after, BATCH_SIZE):
        after = rows[-1].recipient_id
        opt_out_people(services, account_id, {row.person for row in rows}, _NOTE)
        commit()


def _opt_out(row: ReportedOptOut, mailed: Sequence[MailedPerson]) -> OptOut:
    people = frozenset(one.person for one in mailed)
    return OptOut(row.address, row.source, _NOTE, row.at, people)
