"""The reference for a sync: what one writes with the official client, one upsert per page.

``python -m benchmarks.baseline_sync`` reads BENCH_CAMPAIGN from BENCH_URL into BENCH_DB,
in tables of its own.
"""

import os
import time
from collections.abc import Iterator
from typing import Any

from mailchimp_marketing import Client
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from benchmarks.self_report import report_self

METADATA = MetaData()
EVENTS = Table(
    "baseline_event",
    METADATA,
    Column("campaign", String(40), primary_key=True),
    Column("email_id", String(32), primary_key=True),
    Column("action", String(12), primary_key=True),
    Column("at", String(25), primary_key=True),
    Column("url", String(500), primary_key=True),
)
PEOPLE = Table(
    "baseline_person",
    METADATA,
    Column("campaign", String(40), primary_key=True),
    Column("email_id", String(32), primary_key=True),
    Column("email", String(254)),
    Column("status", Integer, nullable=False),
)
_RANK = {"sent": 1, "bounce": 2, "open": 3, "click": 4, "unsubscribe": 5}
_PAGE_SIZE = 1000
_DIALECTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def run(url: str, campaign: str, database: str) -> int:
    """Read who was mailed, then what they did; return the number of opens, clicks and bounces."""
    client = Client({"api_key": "x", "server": "us1"})
    client.api_client.host = f"{url}/3.0"
    engine = create_engine(database)
    METADATA.create_all(engine)
    event_count = 0
    with engine.connect() as connection:
        report = client.reports.get_campaign_report(campaign)
        for page in _pages(client.reports.get_campaign_recipients, campaign, "sent_to"):
            rows = [_row(person, "sent", report["send_time"]) for person in page]
            _store(connection, campaign, rows, page)
        for page in _pages(client.reports.get_email_activity_for_campaign, campaign, "emails"):
            rows = [row for person in page for row in _events(person)]
            event_count += len(rows)
            _store(connection, campaign, rows, page)
        read_unsubscribes = client.reports.get_unsubscribed_list_for_campaign
        for page in _pages(read_unsubscribes, campaign, "unsubscribes"):
            rows = [_row(person, "unsubscribe", person["timestamp"]) for person in page]
            _store(connection, campaign, rows, page)
    engine.dispose()
    return event_count


def _pages(call: Any, campaign: str, name: str) -> Iterator[list[dict[str, Any]]]:
    offset = 0
    while True:
        page = call(campaign, count=_PAGE_SIZE, offset=offset)[name]
        if page:
            yield page
        if len(page) < _PAGE_SIZE:
            return
        offset += _PAGE_SIZE


def _events(person: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for event in person["activity"]:
        yield _row(person, event["action"], event["timestamp"], event.get("url", ""))


def _row(person: dict[str, Any], action: str, at: str, url: str = "") -> dict[str, Any]:
    return {"email_id": person["email_id"], "action": action, "at": at, "url": url}


def _store(
    connection: Connection, campaign: str, rows: list[dict[str, Any]], page: list[dict[str, Any]]
) -> None:
    insert = _DIALECTS[connection.dialect.name]
    best: dict[str, int] = {}
    for row in rows:
        key = row["email_id"]
        best[key] = max(best.get(key, 0), _RANK[row["action"]])
    people = [
        {"campaign": campaign, "email_id": each["email_id"], "email": each["email_address"],
         "status": best[each["email_id"]]}
        for each in page
        if each["email_id"] in best
    ]  # fmt: skip
    upsert = insert(PEOPLE)
    raised = upsert.on_conflict_do_update(
        index_elements=["campaign", "email_id"],
        set_={"status": upsert.excluded.status},
        where=upsert.excluded.status > PEOPLE.c.status,
    )
    if not rows:
        return
    connection.execute(
        insert(EVENTS).on_conflict_do_nothing(), [{"campaign": campaign} | r for r in rows]
    )
    connection.execute(raised, people)
    connection.commit()


if __name__ == "__main__":
    started = time.perf_counter()
    print(run(os.environ["BENCH_URL"], os.environ["BENCH_CAMPAIGN"], os.environ["BENCH_DB"]))
    report_self(started)
