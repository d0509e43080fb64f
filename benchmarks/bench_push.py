"""Subscribing recipients and filling a segment, compared with a serial loop over the official client."""

from collections.abc import Iterator
from contextlib import ExitStack
from math import ceil

from benchmarks.environment import (
    Environment,
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
    with start_api(environment.people) as url, environment.database() as database:
        run_product("setup", url, database)
        without_latency = run_product("push", url, database)
    yield info("push, recipients/s", environment.people / without_latency.seconds)
    yield at_most(
        "push, requests", without_latency.requests, 2 * ceil(environment.people / 500) + 8
    )
    with start_api(environment.people, LATENCY) as url, environment.database() as database:
        run_product("setup", url, database)
        product = run_product("push", url, database)
        baseline = run_process("baseline_push", "", url, database)
    yield at_least("push at 200 ms : serial loop", baseline.seconds / product.seconds, 6)
    yield at_most("most requests at once, one process", product.max_concurrent, 8)
    yield at_most("most requests at once, three processes", _three_workers(environment), 8)


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
