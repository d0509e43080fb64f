"""Freezing a campaign into tables without statistics, and how often a second worker would take it over."""

import json
import os
from collections.abc import Iterator

from benchmarks.environment import Environment, run_product, start_api
from benchmarks.results import Result, at_most, info


def measure(environment: Environment) -> Iterator[Result]:
    for postgres in (False, True) if environment.postgres else (False,):
        os.environ["BENCH_PEOPLE"] = str(environment.people)  # the started process inherits it
        name = "PostgreSQL" if postgres else "SQLite"
        with start_api(1) as url, environment.database(postgres) as database:
            found = json.loads(run_product("freeze", url, database).output)
        yield info(f"freeze on {name}, people/s", environment.people / found["seconds"])
        yield at_most(f"freeze on {name}, takeovers", found["takeovers"], 0)
