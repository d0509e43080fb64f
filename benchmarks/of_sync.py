"""First, repeated and growing synchronisation, beside a plain loop over the official client."""

import json
from collections.abc import Iterator
from math import ceil

from benchmarks.figures import Figure, at_least, at_most, told
from benchmarks.ground import Ground, contest, more, origin, run

LATENCY = 0.05


def measure(ground: Ground) -> Iterator[Figure]:
    yield from _measured(ground, "SQLite", 4)
    if ground.postgres:
        yield from _measured(ground, "PostgreSQL", 8)


def _measured(ground: Ground, where: str, factor: int) -> Iterator[Figure]:
    postgres = where == "PostgreSQL"
    with origin(ground.people) as url, ground.database(postgres) as ours:
        with ground.database(postgres) as theirs:
            peer = run("peer", "", url, theirs)
        contest("setup", url, ours)
        first = contest("sync", url, ours)
        stored = json.loads(contest("count", url, ours).said)
        again = contest("sync", url, ours)
        more(url)
        grown = contest("sync", url, ours)
    with origin(ground.people, LATENCY) as url, ground.database(postgres) as ours:
        contest("setup", url, ours)
        slow = contest("sync", url, ours)
    pages, left = ceil(ground.people / 1000), ceil(stored["unsubscribed"] / 1000)
    yield told(f"{where}: first sync, events/s", stored["events"] / first.seconds)
    yield at_least(f"{where}: first sync : plain loop", peer.seconds / first.seconds, factor)
    yield at_most(f"{where}: first sync, requests", first.requests, 1 + pages + left)
    yield at_most(f"{where}: first sync, peak MB", first.megabytes, 90)
    yield at_most(f"{where}: most requests at once", max(first.most, slow.most), 8)
    yield at_most(f"{where}: 50 ms per request : none", slow.seconds / first.seconds, 1.15)
    yield at_most(f"{where}: unchanged : first", again.seconds / first.seconds, 0.1)
    yield at_most(f"{where}: unchanged, requests", again.requests, 1)
    yield at_most(f"{where}: 1 % new : first", grown.seconds / first.seconds, 0.4)
