"""What tests of “Erase a person” do and look at."""

from sqlalchemy import select, update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import Press
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


def request_erasure(recruiter: Recruiter, admin_user: User, whom: str = ANNA) -> int:
    return erasure_requests.request_erasure(
        recruiter.services, Press(admin_user, recruiter.next_nonce()), whom
    )


def audience(recruiter: Recruiter) -> Audience:
    return recruiter.standin.state.accounts[DEMO_ACCOUNT].lists[recruiter.account.list_id]


def is_member(recruiter: Recruiter, address: str) -> bool:
    return member_hash(address).hex() in audience(recruiter).members


def send_and_sync(recruiter: Recruiter) -> tuple[PersonRef, PersonRef]:
    anna, bob = recruiter.add(ANNA, BOB)
    recruiter.send()
    recruiter.run_workers()
    sync_everything(recruiter)
    assert recruiter.mailing.state == MailingState.SENT
    return anna, bob


def sync_everything(recruiter: Recruiter) -> None:
    """Everything there is to know at MailChimp by now."""
    for _ in range(3):
        recruiter.standin.state.advance(3600)
        sync_schedule.request_update(recruiter.services, recruiter.user, recruiter.campaign)
        recruiter.queue.run_all()


def resync_from_scratch(recruiter: Recruiter) -> None:
    """As if nothing of the report was known."""
    known = {"events_cursor": None, "report_fingerprint": "", "last_sync_at": None}
    session = recruiter.session  # each look at it begins anew
    session.execute(Mailing.__table__.update().values(**known))  # type: ignore[attr-defined]
    session.commit()
    sync_everything(recruiter)


def resync_before_worker(recruiter: Recruiter) -> None:
    """Everything anew, by a reading that begins after the press of an erasure and before its worker."""
    session = recruiter.session
    session.execute(update(Mailing).values(report_fingerprint="", events_cursor=None))
    session.commit()
    sync_turn.run(recruiter.services, recruiter.mailing.id, requested=True)


def record_click(recruiter: Recruiter, address: str, url: str, after: int) -> None:
    """On a link of the campaign, so many seconds after it was sent."""
    remote = recruiter.standin.state.accounts[DEMO_ACCOUNT].campaigns[
        recruiter.mailing.remote_id or ""
    ]
    at = (recruiter.mailing.sent_at or 0) + after
    assert engagement.record_click(remote, member_hash(address).hex(), url, at)


def recipient_rows(recruiter: Recruiter) -> list[Recipient]:
    found = recruiter.session.scalars(select(Recipient).order_by(Recipient.id)).all()
    recruiter.session.rollback()
    return list(found)


def find_traces(recruiter: Recruiter, *words: str) -> list[str]:
    """Where one of the words still stands in any table of ours."""
    connection = recruiter.session.connection()
    tables = Recipient.metadata.sorted_tables
    cells = [
        (table.name, str(cell))
        for table in tables
        for row in connection.execute(select(table)).all()
        for cell in row
    ]
    recruiter.session.rollback()
    return [name for name, cell in cells if any(word in cell for word in words)]
