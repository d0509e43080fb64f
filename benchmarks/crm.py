"""The smallest CRM a benchmark needs: people in one table, opt-outs in another, and the wired services."""

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from cxmc_ext.adapters.limiter import Limiter, LocalLimiter
from cxmc_ext.adapters.mailchimp.client import client_factory
from cxmc_ext.config import Settings, read_settings
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.people import Person, PersonKind, PersonRef, Right
from cxmc_ext.services import Services

LIST = "a1b2c3d4e5"
METADATA = MetaData()
PEOPLE = Table(
    "bench_person",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("campaign", String(64), index=True, nullable=False),
    Column("address", String(254), index=True, nullable=False),
)
OPT_OUTS = Table(
    "bench_opt_out",
    METADATA,
    Column("person_id", Integer, nullable=False),
    PrimaryKeyConstraint("person_id"),
)
_CHUNK = 1000


class BenchmarkCrm:
    """Satisfies `Host` as far as freezing, pushing and synchronising ask."""

    metadata = METADATA

    def __init__(self, session: Session) -> None:
        self._session = session

    def rights(self, user_id: str) -> frozenset[Right]:
        return frozenset(Right)

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign:
        return Campaign(campaign_ref, campaign_ref)

    def people(self, campaign_ref: str) -> Iterator[Sequence[Person]]:
        after = 0
        name = campaign_ref.split(" ", 1)[0]
        wanted = select(PEOPLE).where(PEOPLE.c.campaign == name)
        wanted = wanted.order_by(PEOPLE.c.id).limit(_CHUNK)
        while rows := self._session.execute(wanted.where(PEOPLE.c.id > after)).all():
            after = rows[-1].id
            yield [Person(_ref(row.id), "", row.address) for row in rows]

    def people_with_address(self, addresses: Collection[str]) -> Mapping[str, Sequence[PersonRef]]:
        wanted = select(PEOPLE).where(PEOPLE.c.address.in_(list(addresses)))
        found: dict[str, list[PersonRef]] = {}
        for row in self._session.execute(wanted):
            found.setdefault(row.address, []).append(_ref(row.id))
        return found

    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        ids = [int(ref.id) for ref in refs]
        wanted = select(OPT_OUTS.c.person_id).where(OPT_OUTS.c.person_id.in_(ids))
        return {_ref(row) for row in self._session.execute(wanted).scalars()}

    def opt_out(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        new = set(refs) - self.opted_out(tag, refs)
        if new:
            self._session.execute(insert(OPT_OUTS), [{"person_id": int(ref.id)} for ref in new])
        return len(new)


class NoVault:
    """The key of a benchmark is no secret."""

    def seal(self, secret: str, owner: str) -> str:
        return secret

    def open(self, sealed: str, owner: str) -> str:
        return sealed


class NoQueue:
    """Nobody is woken: everything happens in this process."""

    def nudge_operation(self, operation_id: int) -> bool:
        return False

    def nudge_sync(self, mailing_id: int) -> bool:
        return False

    def reachable(self) -> bool:
        return False


def open_services(url: str, database: str) -> Services:
    """The product's services on this database, against this API."""
    session = Session(open_engine(database))
    settings = replace(read_settings({}), api_root=f"{url.rstrip('/')}/3.0")
    client = client_factory(settings, _limiter(settings))
    host: Any = BenchmarkCrm(session)
    return Services(
        host=host,
        client_factory=client,
        queue=NoQueue(),
        vault=NoVault(),
        session=lambda: session,
        clock=lambda: int(time.time()),
        settings=settings,
    )


def _limiter(settings: Settings) -> Limiter:
    """Over all processes where BENCH_REDIS names a Redis. Its client is loaded only then."""
    redis = os.environ.get("BENCH_REDIS", "")
    if not redis:
        return LocalLimiter(settings.max_connections)
    shared = import_module("cxmc_ext.adapters.redis.limiter")
    made: Limiter = shared.make_limiter(replace(settings, redis_url=redis))
    return made


def campaign() -> str:
    return os.environ["BENCH_CAMPAIGN"]


def is_benchmark_mailing() -> ColumnElement[bool]:
    return Mailing.remote_id == campaign()


def account_id(services: Services) -> int:
    """The one account, with the key of today. It is made as if nobody had left its audience before."""
    session, now = services.session(), int(time.time())
    found = session.execute(select(Account)).scalar_one_or_none()
    if found is None:
        found = Account(
            ref="default",
            state="active",
            list_id=LIST,
            change_checked_at=1,
            unsubscribes_cursor=now,
        )
        session.add(found)
    found.sealed_key = os.environ["BENCH_KEY"]
    session.commit()
    return found.id


def open_engine(database: str) -> Engine:
    """As the README advises for SQLite: WAL, and transactions that begin with the write lock."""
    engine = create_engine(database)
    configure_sqlite(engine)
    return engine


def configure_sqlite(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", lambda link: link.exec_driver_sql("BEGIN IMMEDIATE"))


def _pragmas(link: Any, _record: Any) -> None:
    link.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        link.execute(f"PRAGMA {pragma}")


def _ref(row: int) -> PersonRef:
    return PersonRef(PersonKind.CANDIDATE, str(row))
