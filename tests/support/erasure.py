"""Actions and checks for tests of “Erase a person”."""

from sqlalchemy import select, update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonRef, User
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.standin.models import Audience
from cxmc_ext.standin.service import engagement
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.recruiter import Recruiter

ANNA, BOB = "anna@kandidaten.example", "bob@kandidaten.example"


def request_erasure(recruiter: Recruiter, admin_user: User, person: str = ANNA) -> int:
    return erasure_requests.request_erasure(
        recruiter.services, Press(admin_user, recruiter.next_nonce()), person
    )


def audience(recruiter: Recruiter) -> Audience:
    return recruiter.audience


def is_member(recruiter: Recruiter, address: str) -> bool:
    return member_hash(address).hex() in audience(recruiter).members


def send_and_sync(recruiter: Recruiter) -> tuple[PersonRef, PersonRef]:
    """Sends to Anna and Bob and imports the report; returns both."""
    anna, bob = recruiter.add(ANNA, BOB)
    recruiter.send()
    recruiter.run_workers()
    sync_everything(recruiter)
    assert recruiter.mailing.state == MailingState.SENT
    return anna, bob


def sync_everything(recruiter: Recruiter) -> None:
    """Imports everything that MailChimp knows by now."""
    for _ in range(3):
        recruiter.standin.state.advance(3600)
        sync_schedule.request_update(recruiter.services, recruiter.user, recruiter.campaign)
        recruiter.queue.run_all()


def resync_from_scratch(recruiter: Recruiter) -> None:
    """Imports the report as if nothing of it was known."""
    unknown = {"events_cursor": None, "report_fingerprint": "", "last_sync_at": None}
    session = recruiter.session
    session.execute(Mailing.__table__.update().values(**unknown))  # type: ignore[attr-defined]
    session.commit()
    sync_everything(recruiter)


def resync_before_worker(recruiter: Recruiter) -> None:
    """Imports the report from scratch, between the press of an erasure and its worker."""
    session = recruiter.session
    session.execute(update(Mailing).values(report_fingerprint="", events_cursor=None))
    session.commit()
    sync_turn.run(recruiter.services, recruiter.mailing.id, requested=True)


def record_click(recruiter: Recruiter, address: str, url: str, after: int) -> None:
    """A click on a link of the campaign, `after` seconds after it was sent."""
    remote = recruiter.remote_account.campaigns[recruiter.mailing.remote_id or ""]
    at = (recruiter.mailing.sent_at or 0) + after
    assert engagement.record_click(remote, member_hash(address).hex(), url, at)


def recipient_rows(recruiter: Recruiter) -> list[Recipient]:
    return recruiter.fetch_all(select(Recipient).order_by(Recipient.id))


def find_traces(recruiter: Recruiter, *words: str) -> list[str]:
    """Names of our tables that still contain one of the words, once for every cell."""
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
