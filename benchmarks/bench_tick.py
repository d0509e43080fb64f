"""A tick's look for due synchronisations among very many mailings."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import Engine, event, insert, text, update
from sqlalchemy.orm import Session

from benchmarks.crm import open_engine, open_services
from benchmarks.environment import Environment
from benchmarks.results import Result, alternating, at_most, p50
from cxmc_ext.db.base import Base
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.services import Services
from cxmc_ext.usecases.sync import schedule as sync_schedule

_DUE = 100
_CLAIMED = 20
_FEW = 1000
_LATER = 4_000_000_000


def measure(ground: Environment) -> Iterator[Result]:
    for postgres in (False, True) if ground.postgres else (False,):
        yield from _measured(ground, postgres)


def _measured(ground: Environment, postgres: bool) -> Iterator[Result]:
    where = "PostgreSQL" if postgres else "SQLite"
    many = 1_000_000 if ground.large else 100_000
    with ground.database(postgres) as small, ground.database(postgres) as big:
        halls = [_hall(small, _FEW), _hall(big, many)]
        few, lots = _claims(halls)
        count = _statements(halls[1])
        for hall in halls:
            _engine(hall).dispose()
    yield at_most(f"{where}: tick, {many:,} mailings : {_FEW:,}", p50(lots) / p50(few), 2)
    yield at_most(f"{where}: tick, statements", count, 1)


def _hall(database: str, mailings: int) -> Services:
    """Services on a database of so many mailings, of which the newest hundred are due."""
    Base.metadata.create_all(open_engine(database))
    services = open_services("http://127.0.0.1:1", database)
    session = services.session()
    account = Account(ref="default", state="active", list_id="l", sealed_key="k")
    session.add(account)
    session.flush()
    rows = [
        {"account_id": account.id, "campaign_ref": str(n), "state": "sent", "remote_id": f"r{n}"}
        for n in range(_FEW)
    ]
    for start in range(0, mailings, _FEW):
        given = [row | {"campaign_ref": f"{start} {row['campaign_ref']}"} for row in rows]
        session.execute(insert(Mailing), [row | {"next_sync_at": _LATER} for row in given])
    session.commit()
    _make_due(session)
    return services


def _make_due(session: Session) -> None:
    newest = text("id > (SELECT max(id) FROM cxmc_mailing) - :due").bindparams(due=_DUE)
    session.execute(update(Mailing).where(newest).values(next_sync_at=1))
    session.commit()


def _claims(halls: list[Services]) -> list[list[float]]:
    """Seconds of every claim of twenty, per hall."""
    seconds: list[list[float]] = [[] for _ in halls]
    for _ in range(8):
        taken = alternating([partial(_claim, hall) for hall in halls], _DUE // _CLAIMED)
        for all_of_it, new in zip(seconds, taken, strict=True):
            all_of_it += new
        for hall in halls:
            _make_due(hall.session())
    return seconds


def _claim(services: Services) -> None:
    assert len(sync_schedule.claim_due(services, _CLAIMED)) == _CLAIMED


def _statements(services: Services) -> int:
    said: list[str] = []
    event.listen(_engine(services), "before_cursor_execute", lambda *a: said.append(a[2]))
    sync_schedule.claim_due(services, _CLAIMED)
    return sum(not each.startswith("BEGIN") for each in said)


def _engine(services: Services) -> Engine:
    engine = services.session().get_bind()
    assert isinstance(engine, Engine)
    return engine
