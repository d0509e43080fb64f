"""What one writes with the official client: who was mailed, then what they did, one upsert a page.

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
_PAGE = 1000
_DIALECTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def run(url: str, campaign: str, database: str) -> int:
    """Returns the number of opens, clicks and bounces read."""
    client = Client({"api_key": "x", "server": "us1"})
    client.api_client.host = f"{url}/3.0"
    engine = create_engine(database)
    METADATA.create_all(engine)
    seen = 0
    with engine.connect() as link:
        report = client.reports.get_campaign_report(campaign)
        for page in _pages(client.reports.get_campaign_recipients, campaign, "sent_to"):
            rows = [_row(each, "sent", report["send_time"]) for each in page]
            _store(link, campaign, rows, page)
        for page in _pages(client.reports.get_email_activity_for_campaign, campaign, "emails"):
            rows = [row for each in page for row in _told(each)]
            seen += len(rows)
            _store(link, campaign, rows, page)
        left = client.reports.get_unsubscribed_list_for_campaign
        for page in _pages(left, campaign, "unsubscribes"):
            rows = [_row(each, "unsubscribe", each["timestamp"]) for each in page]
            _store(link, campaign, rows, page)
    engine.dispose()
    return seen


def _pages(call: Any, campaign: str, name: str) -> Iterator[list[dict[str, Any]]]:
    offset = 0
    while True:
        page = call(campaign, count=_PAGE, offset=offset)[name]
        if page:
            yield page
        if len(page) < _PAGE:
            return
        offset += _PAGE


def _told(person: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for event in person["activity"]:
        yield _row(person, event["action"], event["timestamp"], event.get("url", ""))


def _row(person: dict[str, Any], action: str, at: str, url: str = "") -> dict[str, Any]:
    return {"email_id": person["email_id"], "action": action, "at": at, "url": url}


def _store(
    link: Connection, campaign: str, rows: list[dict[str, Any]], page: list[dict[str, Any]]
) -> None:
    insert = _DIALECTS[link.dialect.name]
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
    link.execute(
        insert(EVENTS).on_conflict_do_nothing(), [{"campaign": campaign} | r for r in rows]
    )
    link.execute(raised, people)
    link.commit()


if __name__ == "__main__":
    started = time.perf_counter()
    print(run(os.environ["BENCH_URL"], os.environ["BENCH_CAMPAIGN"], os.environ["BENCH_DB"]))
    report_self(started)
