"""Bringing recipients into the audience and a segment, beside a serial loop over the official client."""

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
_FEW = 5_000
"""Of each of several workers at once."""


def measure(ground: Environment) -> Iterator[Result]:
    with start_api(ground.people) as url, ground.database() as database:
        run_product("setup", url, database)
        plain = run_product("push", url, database)
    yield info("push, recipients/s", ground.people / plain.seconds)
    yield at_most("push, requests", plain.requests, 2 * ceil(ground.people / 500) + 8)
    with start_api(ground.people, LATENCY) as url, ground.database() as database:
        run_product("setup", url, database)
        ours = run_product("push", url, database)
        serial = run_process("baseline_push", "", url, database)
    yield at_least("push at 200 ms : serial loop", serial.seconds / ours.seconds, 6)
    yield at_most("most requests at once, one process", ours.max_concurrent, 8)
    yield at_most("most requests at once, three processes", _crowd(ground), 8)


def _crowd(ground: Environment) -> int:
    """Three workers of one account, which share a Redis and nothing else."""
    with ExitStack() as stack:
        url = stack.enter_context(start_api(_FEW, 0.05))
        stack.enter_context(redis_server(ground.folder))
        databases = [stack.enter_context(ground.database()) for _ in range(3)]
        for database in databases:
            run_product("setup", url, database)
        request_stats(url)
        workers = [start_process("contest", "push", url, database) for database in databases]
        return max(finish_process(worker, url).max_concurrent for worker in workers)
