"""First, repeated and growing synchronisation, beside a plain loop over the official client."""

import json
from collections.abc import Iterator
from math import ceil

from benchmarks.environment import Environment, add_events, run_process, run_product, start_api
from benchmarks.results import Result, at_least, at_most, info

LATENCY = 0.05


def measure(ground: Environment) -> Iterator[Result]:
    yield from _measured(ground, "SQLite", 4)
    if ground.postgres:
        yield from _measured(ground, "PostgreSQL", 8)


def _measured(ground: Environment, where: str, factor: int) -> Iterator[Result]:
    postgres = where == "PostgreSQL"
    with start_api(ground.people) as url, ground.database(postgres) as ours:
        with ground.database(postgres) as theirs:
            peer = run_process("baseline_sync", "", url, theirs)
        run_product("setup", url, ours)
        first = run_product("sync", url, ours)
        stored = json.loads(run_product("count", url, ours).output)
        again = run_product("sync", url, ours)
        add_events(url)
        grown = run_product("sync", url, ours)
    with start_api(ground.people, LATENCY) as url, ground.database(postgres) as ours:
        run_product("setup", url, ours)
        slow = run_product("sync", url, ours)
    pages, left = ceil(ground.people / 1000), ceil(stored["unsubscribed"] / 1000)
    yield info(f"{where}: first sync, events/s", stored["events"] / first.seconds)
    yield at_least(f"{where}: first sync : plain loop", peer.seconds / first.seconds, factor)
    yield at_most(f"{where}: first sync, requests", first.requests, 1 + pages + left)
    yield at_most(f"{where}: first sync, peak MB", first.megabytes, 90)
    yield at_most(
        f"{where}: most requests at once", max(first.max_concurrent, slow.max_concurrent), 8
    )
    yield at_most(f"{where}: 50 ms per request : none", slow.seconds / first.seconds, 1.15)
    yield at_most(f"{where}: unchanged : first", again.seconds / first.seconds, 0.1)
    yield at_most(f"{where}: unchanged, requests", again.requests, 1)
    yield at_most(f"{where}: 1 % new : first", grown.seconds / first.seconds, 0.4)
