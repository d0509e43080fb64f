"""What tests of “Erase a person” do and look at."""

from sqlalchemy import select, update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.people import PersonRef, User
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.standin.models import Audience
from cxmc_ext.standin.service import engagement
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.recruiter import Recruiter

ANNA, BOB = "anna@kandidaten.example", "bob@kandidaten.example"


def request_erasure(desk: Recruiter, boss: User, whom: str = ANNA) -> int:
    return erasure_requests.request_erasure(desk.services, boss, desk.next_nonce(), whom)


def audience(desk: Recruiter) -> Audience:
    return desk.standin.state.accounts[DEMO_ACCOUNT].lists[desk.account().list_id]


def is_member(desk: Recruiter, address: str) -> bool:
    return member_hash(address).hex() in audience(desk).members


def send_and_sync(desk: Recruiter) -> tuple[PersonRef, PersonRef]:
    anna, bob = desk.add(ANNA, BOB)
    desk.send()
    desk.run_workers()
    sync_everything(desk)
    assert desk.mailing.state == MailingState.SENT
    return anna, bob


def sync_everything(desk: Recruiter) -> None:
    """Everything there is to know at MailChimp by now."""
    for _ in range(3):
        desk.standin.state.advance(3600)
        sync_schedule.request_update(desk.services, desk.user, desk.campaign)
        desk.queue.run_all()


def resync_from_scratch(desk: Recruiter) -> None:
    """As if nothing of the report was known."""
    known = {"events_cursor": None, "report_fingerprint": "", "last_sync_at": None}
    session = desk.session  # each look at it begins anew
    session.execute(Mailing.__table__.update().values(**known))  # type: ignore[attr-defined]
    session.commit()
    sync_everything(desk)


def resync_before_worker(desk: Recruiter) -> None:
    """Everything anew, by a reading that begins after the press of an erasure and before its worker."""
    session = desk.session
    session.execute(update(Mailing).values(report_fingerprint="", events_cursor=None))
    session.commit()
    sync_turn.run(desk.services, desk.mailing.id, requested=True)


def record_click(desk: Recruiter, address: str, url: str, after: int) -> None:
    """On a link of the campaign, so many seconds after it was sent."""
    remote = desk.standin.state.accounts[DEMO_ACCOUNT].campaigns[desk.mailing.remote_id or ""]
    at = (desk.mailing.sent_at or 0) + after
    assert engagement.record_click(remote, member_hash(address).hex(), url, at)


def recipient_rows(desk: Recruiter) -> list[Recipient]:
    found = desk.session.scalars(select(Recipient).order_by(Recipient.id)).all()
    desk.session.rollback()
    return list(found)


def find_traces(desk: Recruiter, *words: str) -> list[str]:
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
