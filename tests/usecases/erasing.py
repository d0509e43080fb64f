"""What tests of “Erase a person” do and look at."""

from desk import Desk
from sqlalchemy import select, update

from cxmc_ext.db.models import Mailing, Recipient
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.values import MailingState, PersonRef, User
from cxmc_ext.standin import DEMO_ACCOUNT, reactions
from cxmc_ext.standin.model import Audience
from cxmc_ext.usecases import erase, sync

ANNA, BOB = "anna@kandidaten.example", "bob@kandidaten.example"


def ask(desk: Desk, boss: User, whom: str = ANNA) -> int:
    return erase.request_erase(desk.services, boss, desk.nonce(), whom)


def audience(desk: Desk) -> Audience:
    return desk.standin.state.accounts[DEMO_ACCOUNT].lists[desk.account().list_id]


def is_member(desk: Desk, address: str) -> bool:
    return member_hash(address).hex() in audience(desk).members


def sent(desk: Desk) -> tuple[PersonRef, PersonRef]:
    anna, bob = desk.add(ANNA, BOB)
    desk.send()
    desk.work()
    read(desk)
    assert desk.mailing.state == MailingState.SENT
    return anna, bob


def read(desk: Desk) -> None:
    """Everything there is to know at MailChimp by now."""
    for _ in range(3):
        desk.standin.state.advance(3600)
        sync.request_update(desk.services, desk.user, desk.campaign)
        desk.queue.run_all()


def read_anew(desk: Desk) -> None:
    """As if nothing of the report was known."""
    known = {"sync_since": None, "sync_line": "", "last_sync_at": None}
    session = desk.session  # each look at it begins anew
    session.execute(Mailing.__table__.update().values(**known))  # type: ignore[attr-defined]
    session.commit()
    read(desk)


def read_before_the_worker(desk: Desk) -> None:
    """Everything anew, by a reading that begins after the press of an erasure and before its worker."""
    session = desk.session
    session.execute(update(Mailing).values(sync_line="", sync_since=None))
    session.commit()
    sync.run(desk.services, desk.mailing.id, asked=True)


def click(desk: Desk, address: str, url: str, after: int) -> None:
    """On a link of the campaign, so many seconds after it was sent."""
    remote = desk.standin.state.accounts[DEMO_ACCOUNT].campaigns[desk.mailing.remote_id or ""]
    at = (desk.mailing.sent_at or 0) + after
    assert reactions.clicked(remote, member_hash(address).hex(), url, at)


def rows(desk: Desk) -> list[Recipient]:
    found = desk.session.scalars(select(Recipient).order_by(Recipient.id)).all()
    desk.session.rollback()
    return list(found)


def traces(desk: Desk, *words: str) -> list[str]:
    """Where one of the words still stands in any table of ours."""
    connection = desk.session.connection()
    tables = Recipient.metadata.sorted_tables
    cells = [
        (table.name, str(cell))
        for table in tables
        for row in connection.execute(select(table)).all()
        for cell in row
    ]
    desk.session.rollback()
    return [name for name, cell in cells if any(word in cell for word in words)]
