"""A first sync into tables that already contain millions of events of other campaigns."""

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

# Campaigns that share the stored events.
_OTHER_CAMPAIGNS = 20
_SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < :count)",
    "postgresql": "WITH s(n) AS (SELECT generate_series(0, :count - 1))",
}
_HASH = {"sqlite": "randomblob(16)", "postgresql": "decode(md5(n::text), 'hex')"}


def measure(environment: Environment) -> Iterator[Result]:
    events = 5_000_000 if environment.large else 1_000_000
    people = min(environment.people, 50_000)
    with start_api(people) as url, environment.database() as empty, environment.database() as full:
        run_product("setup", url, full)
        _fill(full, events)
        times: dict[str, list[float]] = {empty: [], full: []}
        for _ in range(3):
            for database, seconds in times.items():
                run_product("setup", url, database)  # deletes what was read before
                seconds.append(run_product("sync", url, database).seconds)
        stored = json.loads(run_product("count", url, full).output)["events"]
    into_empty, into_full = (median(seconds) for seconds in times.values())
    yield info(f"events/s beside {events:,} others", stored / into_full)
    yield at_least(f"beside {events:,} others : into empty tables", into_empty / into_full, 0.7)


def _fill(database: str, events: int) -> None:
    """Inserts recipients of the other campaigns, and about three events for each."""
    engine = open_engine(database)
    recipients = events // 3
    with Session(engine) as session:
        series = _SERIES[engine.dialect.name]
        first = _add_campaigns(session)
        start = session.execute(text("SELECT max(id) FROM cxmc_recipient")).scalar_one() + 1
        values = {"count": recipients, "first": first, "others": _OTHER_CAMPAIGNS, "start": start}
        session.execute(
            text(_RECIPIENTS.format(series=series, hash=_HASH[engine.dialect.name])), values
        )
        session.execute(text(_STATUSES), values)
        session.execute(text(_EVENTS.format(series=series)), values | {"count": events})
        session.commit()
    engine.dispose()


def _add_campaigns(session: Session) -> int:
    """Returns the id of the first."""
    account = session.execute(select(Account.id)).scalar_one()
    rows = [
        {"account_id": account, "campaign_ref": f"other {n}", "state": "sent", "remote_id": f"o{n}"}
        for n in range(_OTHER_CAMPAIGNS)
    ]
    session.execute(insert(Mailing), rows)
    first = select(Mailing.id).where(Mailing.campaign_ref == "other 0")
    return session.execute(first).scalar_one()


_RECIPIENTS = (
    "INSERT INTO cxmc_recipient (id, mailing_id, person_kind, person_id, name, address, member_hash,"
    " merge_values, detail, in_audience) {series}"
    " SELECT :start + n, :first + n % :others, r.person_kind, r.person_id, '', 'o' || n, {hash},"
    " '{{}}', '', r.in_audience FROM s CROSS JOIN (SELECT * FROM cxmc_recipient LIMIT 1) r"
)
_STATUSES = (
    "INSERT INTO cxmc_recipient_status (recipient_id, mailing_id, status)"
    " SELECT id, mailing_id, 3 FROM cxmc_recipient WHERE id >= :start"
)
_EVENTS = (
    "INSERT INTO cxmc_event (recipient_id, kind, at, link_id, occurrence, mailing_id) {series}"
    " SELECT :start + n / 3, 1 + n % 3, 1780000000 + n * 7919 % 86400, 0, 0,"
    " :first + n / 3 % :others FROM s"
)
