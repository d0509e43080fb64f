"""Bringing recipients into the audience and a segment, beside a serial loop over the official client."""

from collections.abc import Iterator
from contextlib import ExitStack
from math import ceil

from benchmarks.figures import Figure, at_least, at_most, told
from benchmarks.ground import Ground, contest, finish, origin, run, start, stats
from benchmarks.redis_server import redis_server

LATENCY = 0.2
_FEW = 5_000
"""Of each of several workers at once."""


def measure(ground: Ground) -> Iterator[Figure]:
    with origin(ground.people) as url, ground.database() as database:
        contest("setup", url, database)
        plain = contest("push", url, database)
    yield told("push, recipients/s", ground.people / plain.seconds)
    yield at_most("push, requests", plain.requests, 2 * ceil(ground.people / 500) + 8)
    with origin(ground.people, LATENCY) as url, ground.database() as database:
        contest("setup", url, database)
        ours = contest("push", url, database)
        serial = run("peer_push", "", url, database)
    yield at_least("push at 200 ms : serial loop", serial.seconds / ours.seconds, 6)
    yield at_most("most requests at once, one process", ours.most, 8)
    yield at_most("most requests at once, three processes", _crowd(ground), 8)


def _crowd(ground: Ground) -> int:
    """Three workers of one account, which share a Redis and nothing else."""
    with ExitStack() as stack:
        url = stack.enter_context(origin(_FEW, 0.05))
        stack.enter_context(redis_server(ground.folder))
        databases = [stack.enter_context(ground.database()) for _ in range(3)]
        for database in databases:
            contest("setup", url, database)
        stats(url)
        workers = [start("contest", "push", url, database) for database in databases]
        return max(finish(worker, url).most for worker in workers)
