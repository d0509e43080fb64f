"""What one writes with the official client: batches of 500, one after the other, then the segment."""

import os
import time
from collections.abc import Iterator

from mailchimp_marketing import Client
from sqlalchemy import create_engine, select

from benchmarks.crm import LIST, PEOPLE
from benchmarks.self_report import report_self

_BATCH = 500


def run(url: str, database: str) -> int:
    """Returns how many people were brought over."""
    client = Client({"api_key": "x", "server": "us1"})
    client.api_client.host = f"{url}/3.0"
    engine = create_engine(database)
    with engine.connect() as link:
        people = list(link.execute(select(PEOPLE.c.address)).scalars())
    engine.dispose()
    for batch in _batches(people):
        members = [{"email_address": each, "status": "subscribed"} for each in batch]
        client.lists.batch_list_members(LIST, {"members": members, "update_existing": False})
    made = client.lists.create_segment(LIST, {"name": "baseline", "static_segment": []})
    for batch in _batches(people):
        client.lists.batch_segment_members({"members_to_add": batch}, LIST, made["id"])
    return len(people)


def _batches(people: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(people), _BATCH):
        yield people[start : start + _BATCH]


if __name__ == "__main__":
    started = time.perf_counter()
    print(run(os.environ["BENCH_URL"], os.environ["BENCH_DB"]))
    report_self(started)
