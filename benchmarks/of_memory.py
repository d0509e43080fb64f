"""Peak memory of a first synchronisation at several sizes."""

from collections.abc import Iterator

from benchmarks.figures import Figure, at_most, told
from benchmarks.ground import Ground, contest, origin

SIZES = (10_000, 100_000)
LARGE = (10_000, 100_000, 1_000_000)


def measure(ground: Ground) -> Iterator[Figure]:
    peaks = []
    for people in LARGE if ground.large else SIZES:
        with origin(people, lean=True) as url, ground.database() as database:
            contest("setup", url, database)
            peaks.append(contest("sync", url, database).megabytes)
        yield told(f"peak MB at {people:,} recipients", peaks[-1])
    yield at_most(f"peak MB at {people:,} recipients", peaks[-1], 90)
    yield at_most("more than at 10,000, MB", peaks[-1] - peaks[0], 10)
