"""Subscribing recipients and filling a segment, compared with a serial loop over the official client."""

from collections.abc import Iterator
from contextlib import ExitStack
from math import ceil

from benchmarks.environment import (
    Environment,
    ProcessResult,
    finish_process,
    request_stats,
    run_process,
    run_product,
    start_api,
    start_process,
)
from benchmarks.redis_server import redis_server
from benchmarks.results import Result, at_least, at_most, info

LATENCY = 0.2
# Recipients per worker when several work at the same time.
_PEOPLE_PER_WORKER = 5_000


def measure(environment: Environment) -> Iterator[Result]:
    for postgres in (False, True) if environment.postgres else (False,):
        name = "PostgreSQL" if postgres else "SQLite"
        product, baseline = _push(environment, 0.0, postgres)
        ratio, people = product.seconds / baseline.seconds, environment.people
        yield info(f"push on {name}, recipients/s", people / product.seconds)
        yield at_most(f"push on {name} : serial loop, time", ratio, 1.5)
        yield at_most(f"push on {name}, CPU µs a recipient", product.cpu_seconds / people * 1e6, 60)
        yield at_most(f"push on {name}, requests", product.requests, 2 * ceil(people / 500) + 8)
        yield at_most(f"push on {name}, peak MB", product.megabytes, 90)
    product, baseline = _push(environment, LATENCY, False)
    yield at_least("push at 200 ms : serial loop, speed", baseline.seconds / product.seconds, 6)
    yield at_most("most requests at once, one process", product.max_concurrent, 8)
    yield at_most("most requests at once, three processes", _three_workers(environment), 8)


def _push(
    environment: Environment, latency: float, postgres: bool
) -> tuple[ProcessResult, ProcessResult]:
    """Returns what the product and the serial loop needed, one after the other."""
    with start_api(environment.people, latency) as url, environment.database(postgres) as database:
        run_product("setup", url, database)
        product = run_product("push", url, database)
        return product, run_process("baseline_push", "", url, database)


def _three_workers(environment: Environment) -> int:
    """Returns the most concurrent requests of three workers that share only a Redis."""
    with ExitStack() as stack:
        url = stack.enter_context(start_api(_PEOPLE_PER_WORKER, 0.05))
        stack.enter_context(redis_server(environment.folder))
        databases = [stack.enter_context(environment.database()) for _ in range(3)]
        for database in databases:
            run_product("setup", url, database)
        request_stats(url)
        workers = [start_process("contest", "push", url, database) for database in databases]
        return max(finish_process(worker, url).max_concurrent for worker in workers)
