"""The reference for a push: what one writes with the official client, batch after batch."""

import os
import time
from collections.abc import Iterator

from mailchimp_marketing import Client
from sqlalchemy import create_engine, select

from benchmarks.crm import LIST, PEOPLE
from benchmarks.self_report import report_self

_BATCH_SIZE = 500


def run(url: str, database: str) -> int:
    """Subscribe everybody in batches of 500, then fill a segment; return how many."""
    client = Client({"api_key": "x", "server": "us1"})
    client.api_client.host = f"{url}/3.0"
    engine = create_engine(database)
    with engine.connect() as connection:
        people = list(connection.execute(select(PEOPLE.c.address)).scalars())
    engine.dispose()
    for batch in _batches(people):
        members = [{"email_address": address, "status": "subscribed"} for address in batch]
        client.lists.batch_list_members(LIST, {"members": members, "update_existing": False})
    segment = client.lists.create_segment(LIST, {"name": "baseline", "static_segment": []})
    for batch in _batches(people):
        client.lists.batch_segment_members({"members_to_add": batch}, LIST, segment["id"])
    return len(people)


def _batches(people: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(people), _BATCH_SIZE):
        yield people[start : start + _BATCH_SIZE]


if __name__ == "__main__":
    started = time.perf_counter()
    print(run(os.environ["BENCH_URL"], os.environ["BENCH_DB"]))
    report_self(started)
