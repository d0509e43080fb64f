"""A whole send to many people, from the press to the campaign that is sent, in one worker process."""

from collections.abc import Iterator

from benchmarks.environment import Environment, run_product, start_api
from benchmarks.results import Result, at_most, info


def measure(environment: Environment) -> Iterator[Result]:
    people = 2 * environment.people
    for postgres in (False, True) if environment.postgres else (False,):
        name = f"{'PostgreSQL' if postgres else 'SQLite'}: {people:,} people"
        with (
            start_api(people, lean=True) as url,
            environment.database(postgres) as database,
        ):
            run_product("setup", url, database)
            sent = run_product("send", url, database)
        yield at_most(f"{name}, press to sent, seconds", sent.seconds, 30)
        yield info(f"{name}, press to sent, seconds of CPU", sent.cpu_seconds)
        yield at_most(f"{name}, press to sent, peak MB", sent.megabytes, 120)
