"""A first synchronisation into a table that holds millions of events of other campaigns already."""

import json
from collections.abc import Iterator
from statistics import median

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from benchmarks.crm import open_engine
from benchmarks.environment import Environment, run_product, start_api
from benchmarks.results import Result, at_least, info
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing

_OTHERS = 20
"""Campaigns that share the stored events."""
_SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < :count)",
    "postgresql": "WITH s(n) AS (SELECT generate_series(0, :count - 1))",
}
_HASH = {"sqlite": "randomblob(16)", "postgresql": "decode(md5(n::text), 'hex')"}


def measure(ground: Environment) -> Iterator[Result]:
    events = 5_000_000 if ground.large else 1_000_000
    people = min(ground.people, 50_000)
    with start_api(people) as url, ground.database() as empty, ground.database() as full:
        run_product("setup", url, full)
        _fill(full, events)
        times: dict[str, list[float]] = {empty: [], full: []}
        for _ in range(3):
            for database, seconds in times.items():
                run_product("setup", url, database)  # anew: what was read is removed again
                seconds.append(run_product("sync", url, database).seconds)
        stored = json.loads(run_product("count", url, full).output)["events"]
    into_empty, into_full = (median(seconds) for seconds in times.values())
    yield info(f"events/s beside {events:,} others", stored / into_full)
    yield at_least(f"beside {events:,} others : into empty tables", into_empty / into_full, 0.7)


def _fill(database: str, events: int) -> None:
    """Everything the other campaigns would have: recipients, and about three events each."""
    engine = open_engine(database)
    recipients = events // 3
    with Session(engine) as session:
        series = _SERIES[engine.dialect.name]
        first = _others(session)
        start = session.execute(text("SELECT max(id) FROM cxmc_recipient")).scalar_one() + 1
        values = {"count": recipients, "first": first, "others": _OTHERS, "start": start}
        session.execute(
            text(_RECIPIENTS.format(series=series, hash=_HASH[engine.dialect.name])), values
        )
        session.execute(text(_EVENTS.format(series=series)), values | {"count": events})
        session.commit()
    engine.dispose()


def _others(session: Session) -> int:
    account = session.execute(select(Account.id)).scalar_one()
    rows = [
        {"account_id": account, "campaign_ref": f"other {n}", "state": "sent", "remote_id": f"o{n}"}
        for n in range(_OTHERS)
    ]
    session.execute(insert(Mailing), rows)
    found = session.execute(select(Mailing.id).where(Mailing.campaign_ref == "other 0"))
    return found.scalar_one()


_RECIPIENTS = (
    "INSERT INTO cxmc_recipient (id, mailing_id, person_kind, person_id, name, address, member_hash,"
    " merge, detail, pushed, status) {series}"
    " SELECT :start + n, :first + n % :others, r.person_kind, r.person_id, '', 'o' || n, {hash},"
    " '{{}}', '', r.pushed, 3 FROM s CROSS JOIN (SELECT * FROM cxmc_recipient LIMIT 1) r"
)
_EVENTS = (
    "INSERT INTO cxmc_event (recipient_id, kind, at, link_id, nth, mailing_id) {series}"
    " SELECT :start + n / 3, 1 + n % 3, 1780000000 + n * 7919 % 86400, 0, 0,"
    " :first + n / 3 % :others FROM s"
)
