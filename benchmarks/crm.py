"""The smallest CRM a benchmark needs, in two tables; and the services of the product on top of it."""

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
    bindparam,
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
_CHUNK_SIZE = 1000
_KEYS = bindparam("keys", expanding=True)
_BY_ADDRESS = select(PEOPLE.c.id, PEOPLE.c.address).where(PEOPLE.c.address.in_(_KEYS))
_OPTED_OUT = select(OPT_OUTS.c.person_id).where(OPT_OUTS.c.person_id.in_(_KEYS))


class BenchmarkCrm:
    """Implements the methods of `Host` that freezing, subscribing and synchronizing use."""

    metadata = METADATA

    def __init__(self, session: Session) -> None:
        self._session = session

    def rights(self, user_id: str) -> frozenset[Right]:
        return frozenset(Right)

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign:
        return Campaign(campaign_ref, campaign_ref)

    def people(self, campaign_ref: str) -> Iterator[Sequence[Person]]:
        last_id = 0
        name = campaign_ref.split(" ", 1)[0]
        query = select(PEOPLE).where(PEOPLE.c.campaign == name)
        query = query.order_by(PEOPLE.c.id).limit(_CHUNK_SIZE)
        query = query.with_only_columns(PEOPLE.c.id, PEOPLE.c.address)
        while rows := self._session.execute(query.where(PEOPLE.c.id > last_id)).all():
            last_id = rows[-1].id
            yield [Person(_ref(person_id), "", address) for person_id, address in rows]

    def people_by_ref(self, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
        query = select(PEOPLE).where(PEOPLE.c.id.in_([int(ref.id) for ref in refs]))
        rows = self._session.execute(query)
        return {_ref(row.id): Person(_ref(row.id), "", row.address) for row in rows}

    def people_with_address(self, addresses: Collection[str]) -> Mapping[str, Sequence[PersonRef]]:
        refs: dict[str, list[PersonRef]] = {}
        rows = self._session.execute(_BY_ADDRESS, {"keys": list(addresses)})
        for person_id, address in rows:
            refs.setdefault(address, []).append(_ref(person_id))
        return refs

    def opt_out_groups(self, tag: str) -> frozenset[PersonKind]:
        return frozenset(PersonKind)

    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        rows = self._session.execute(_OPTED_OUT, {"keys": [int(ref.id) for ref in refs]})
        return {_ref(person_id) for person_id in rows.scalars()}

    def opt_out(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        new = set(refs) - self.opted_out(tag, refs)
        if new:
            self._session.execute(insert(OPT_OUTS), [{"person_id": int(ref.id)} for ref in new])
        return len(new)


class NoVault:
    """Encrypts nothing: the key of a benchmark is not secret."""

    def seal(self, secret: str, owner: str) -> str:
        return secret

    def open(self, sealed: str, owner: str) -> str:
        return sealed


class NoQueue:
    """Wakes nobody: everything happens in this process."""

    def nudge_operation(self, operation_id: int) -> bool:
        return False

    def nudge_sync(self, mailing_id: int) -> bool:
        return False

    def reachable(self) -> bool:
        return False


def open_services(url: str, database: str) -> Services:
    """Create the product's services.

    Args:
        url: The server; its API is at /3.0.
        database: SQLAlchemy URL.
    """
    session = Session(open_engine(database))
    settings = replace(read_settings({}), api_root=f"{url.rstrip('/')}/3.0")
    host: Any = BenchmarkCrm(session)
    return Services(
        host=host,
        client_factory=client_factory(settings, _limiter(settings)),
        queue=NoQueue(),
        vault=NoVault(),
        session=lambda: session,
        clock=lambda: int(time.time()),
        settings=settings,
    )


def _limiter(settings: Settings) -> Limiter:
    """Over all processes if BENCH_REDIS is set. Only then the Redis client is imported."""
    redis_url = os.environ.get("BENCH_REDIS", "")
    if not redis_url:
        return LocalLimiter(settings.max_connections)
    module = import_module("cxmc_ext.adapters.redis.limiter")
    limiter: Limiter = module.make_limiter(replace(settings, redis_url=redis_url))
    return limiter


def campaign() -> str:
    """Return the campaign to measure."""
    return os.environ["BENCH_CAMPAIGN"]


def is_benchmark_mailing() -> ColumnElement[bool]:
    """Return the condition that selects the mailing of the campaign."""
    return Mailing.remote_id == campaign()


def account_id(services: Services) -> int:
    """Return the id of the only account, created if necessary, with the current key."""
    session, now = services.session(), int(time.time())
    account = session.execute(select(Account)).scalar_one_or_none()
    if account is None:
        account = Account(
            ref="default",
            state="active",
            list_id=LIST,
            change_checked_at=1,
            unsubscribes_cursor=now,
        )
        session.add(account)
    account.sealed_key = os.environ["BENCH_KEY"]
    session.commit()
    return account.id


def open_engine(database: str) -> Engine:
    """Open a database, with the settings that docs/integrate.md requires for SQLite."""
    engine = create_engine(database)
    configure_sqlite(engine)
    return engine


def configure_sqlite(engine: Engine) -> None:
    """Use a write-ahead log and BEGIN IMMEDIATE, if the database is SQLite."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(
            engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE")
        )


def _pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _ref(person_id: int) -> PersonRef:
    return PersonRef(PersonKind.CANDIDATE, str(person_id))
