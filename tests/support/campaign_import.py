"""Campaigns that somebody sends from MailChimp itself, and the presses that import them."""

from sqlalchemy import select, update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_LIST
from cxmc_ext.usecases.accounts.campaign_import import request_import
from cxmc_ext.usecases.accounts.details import request_refresh
from cxmc_ext.usecases.worker import tick
from tests.support.recruiter import Recruiter

DAY = 86_400
ANNA, BRAM, CARLA = (
    f"{name}@relaties.example" for name in ("anna.deboer", "bram.vandijk", "carla.jansen")
)


def send_by_hand(desk: Recruiter, title: str = "Zomerbrief", **more: object) -> str:
    return desk.standin.actions.send_by_hand(DEMO_LIST, title, "Zomer", **more)  # type: ignore[arg-type]


def search(desk: Recruiter) -> int:
    """Presses “Refresh”; returns how many campaigns can be imported."""
    request_refresh(desk.services, desk.press())
    desk.run_workers()
    return desk.account.importable_campaigns


def import_all(desk: Recruiter) -> Operation:
    operation_id = request_import(desk.services, Press(desk.user, desk.next_nonce()))
    desk.run_workers()
    return desk.operation(operation_id)


def imported(desk: Recruiter) -> list[Mailing]:
    statement = select(Mailing).where(Mailing.is_imported).order_by(Mailing.id)
    return desk.fetch_all(statement)


def sync(desk: Recruiter) -> None:
    """The next tick reads what is due, an hour later."""
    desk.standin.state.advance(3 * 3600)
    desk.session.execute(update(Mailing).where(Mailing.is_imported).values(next_sync_at=1))
    desk.services.session().commit()
    tick.tick(desk.services)
    desk.run_workers()
