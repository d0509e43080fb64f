"""How a tick finds the due mailings among very many."""

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
_CLAIM_SIZE = 20
_FEW = 1000
_FAR_FUTURE = 4_000_000_000


def measure(environment: Environment) -> Iterator[Result]:
    for postgres in (False, True) if environment.postgres else (False,):
        yield from _measure(environment, postgres)


def _measure(environment: Environment, postgres: bool) -> Iterator[Result]:
    where = "PostgreSQL" if postgres else "SQLite"
    many = 1_000_000 if environment.large else 100_000
    with environment.database(postgres) as small, environment.database(postgres) as big:
        databases = [_fill(small, _FEW), _fill(big, many)]
        in_small, in_big = _claims(databases)
        count = _statements(databases[1])
        for services in databases:
            _engine(services).dispose()
    yield at_most(f"{where}: tick, {many:,} mailings : {_FEW:,}", p50(in_big) / p50(in_small), 2)
    yield at_most(f"{where}: tick, statements", count, 1)


def _fill(database: str, mailings: int) -> Services:
    """Returns services on a database with so many mailings, of which the latest hundred are due."""
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
        chunk = [
            row | {"campaign_ref": f"{start} {row['campaign_ref']}", "next_sync_at": _FAR_FUTURE}
            for row in rows
        ]
        session.execute(insert(Mailing), chunk)
    session.commit()
    _make_due(session)
    return services


def _make_due(session: Session) -> None:
    latest = text("id > (SELECT max(id) FROM cxmc_mailing) - :due").bindparams(due=_DUE)
    session.execute(update(Mailing).where(latest).values(next_sync_at=1))
    session.commit()


def _claims(databases: list[Services]) -> list[list[float]]:
    """Returns the seconds of every claim of twenty, per database."""
    seconds: list[list[float]] = [[] for _ in databases]
    for _ in range(8):
        claims = [partial(_claim, services) for services in databases]
        for total, new in zip(seconds, alternating(claims, _DUE // _CLAIM_SIZE), strict=True):
            total += new
        for services in databases:
            _make_due(services.session())
    return seconds


def _claim(services: Services) -> None:
    assert len(sync_schedule.claim_due(services, _CLAIM_SIZE)) == _CLAIM_SIZE


def _statements(services: Services) -> int:
    statements: list[str] = []
    event.listen(_engine(services), "before_cursor_execute", lambda *a: statements.append(a[2]))
    sync_schedule.claim_due(services, _CLAIM_SIZE)
    return sum(not statement.startswith("BEGIN") for statement in statements)


def _engine(services: Services) -> Engine:
    engine = services.session().get_bind()
    assert isinstance(engine, Engine)
    return engine
