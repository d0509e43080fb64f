"""Peak memory of a first sync, for campaigns of several sizes."""

from collections.abc import Iterator

from benchmarks.environment import Environment, run_product, start_api
from benchmarks.results import Result, at_most, info

SIZES = (10_000, 100_000)
LARGE = (10_000, 100_000, 1_000_000)


def measure(environment: Environment) -> Iterator[Result]:
    peaks = []
    for people in LARGE if environment.large else SIZES:
        with start_api(people, lean=True) as url, environment.database() as database:
            run_product("setup", url, database)
            peaks.append(run_product("sync", url, database).megabytes)
        yield info(f"peak MB at {people:,} recipients", peaks[-1])
    yield at_most(f"peak MB at {people:,} recipients", peaks[-1], 90)
    yield at_most("more than at 10,000, MB", peaks[-1] - peaks[0], 10)
