"""What was reported to one account is not read by another one."""

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import reported_opt_outs
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.services import Services
from tests.support.databases import on_both


@on_both
def test_each_account_reads_its_own(services: Services) -> None:
    session = services.session()
    accounts = [Account(ref="first"), Account(ref="second")]
    session.add_all(accounts)
    session.flush()
    note = Note(NoteKind.UNSUBSCRIBED_THROUGH, "Vacatures")
    for account in accounts:
        address = f"{account.ref}@kandidaten.example"
        opt_out = OptOut(address, OptOutSource.UNSUBSCRIBED, note, 100, frozenset())
        reported_opt_outs.store(session, account.id, "audience", [opt_out])
    session.commit()
    for account in accounts:
        page = reported_opt_outs.page(session, account.id, b"", 10)
        assert [row.address for row in page] == [f"{account.ref}@kandidaten.example"]
