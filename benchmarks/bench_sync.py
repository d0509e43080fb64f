"""First, repeated and incremental syncs, compared with a plain loop over the official client."""

import json
from collections.abc import Iterator
from math import ceil
from time import perf_counter

from benchmarks.environment import Environment, add_events, run_process, run_product, start_api
from benchmarks.results import Result, at_least, at_most, info

LATENCY = 0.05
SMALL = 10_000


def measure(environment: Environment) -> Iterator[Result]:
    yield from _measure(environment, "SQLite", 4)
    yield at_least(
        f"SQLite: {SMALL:,} recipients : plain loop, with start", _small(environment), 2.5
    )
    if environment.postgres:
        yield from _measure(environment, "PostgreSQL", 8)


def _measure(environment: Environment, database: str, factor: int) -> Iterator[Result]:
    postgres = database == "PostgreSQL"
    with start_api(environment.people) as url, environment.database(postgres) as product_db:
        with environment.database(postgres) as baseline_db:
            baseline = run_process("baseline_sync", "", url, baseline_db)
        run_product("setup", url, product_db)
        first = run_product("sync", url, product_db)
        stored = json.loads(run_product("count", url, product_db).output)
        unchanged = run_product("sync", url, product_db)
        add_events(url)
        incremental = run_product("sync", url, product_db)
    with (
        start_api(environment.people, LATENCY) as url,
        environment.database(postgres) as product_db,
    ):
        run_product("setup", url, product_db)
        with_latency = run_product("sync", url, product_db)
    pages = ceil(environment.people / 1000) + ceil(stored["unsubscribed"] / 1000)
    yield info(f"{database}: first sync, events/s", stored["events"] / first.seconds)
    yield at_least(f"{database}: first sync : plain loop", baseline.seconds / first.seconds, factor)
    yield info(f"{database}: first sync, seconds of CPU of the process", first.cpu_seconds)
    yield info(f"{database}: plain loop, seconds of CPU of the process", baseline.cpu_seconds)
    yield at_most(f"{database}: first sync, requests", first.requests, 1 + pages)
    yield at_most(f"{database}: first sync, peak MB", first.megabytes, 90)
    yield at_most(
        f"{database}: most requests at once",
        max(first.max_concurrent, with_latency.max_concurrent),
        8,
    )
    yield at_most(
        f"{database}: 50 ms per request : none", with_latency.seconds / first.seconds, 1.15
    )
    yield at_most(f"{database}: unchanged : first", unchanged.seconds / first.seconds, 0.1)
    yield at_most(f"{database}: unchanged, requests", unchanged.requests, 1)
    yield at_most(f"{database}: 1 % new : first", incremental.seconds / first.seconds, 0.4)


def _small(environment: Environment) -> float:
    """How many times faster a small campaign is read than by the plain loop, imports included."""
    seconds = []
    for module, command in (("baseline_sync", ""), ("contest", "sync")):
        with start_api(SMALL) as url, environment.database() as database:
            if command:
                run_product("setup", url, database)
            started = perf_counter()
            run_process(module, command, url, database)
            seconds.append(perf_counter() - started)
    return seconds[0] / seconds[1]
