"""A thousand small mailings that are due at once, read by two worker processes."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import md5

from flask import Flask
from sqlalchemy import func, insert, select, update

from benchmarks.crm import LIST
from benchmarks.crm_web import make_app
from benchmarks.environment import Environment, start_api
from benchmarks.generated_data import SENT_AT, campaign_ids
from benchmarks.redis_server import redis_server
from benchmarks.results import Result, at_least, at_most, info
from benchmarks.worker_process import running_worker
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.people import OPT_OUT_GROUP_NAMES, OPT_OUT_TAG
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.sync.change_check import SUMMARY_MAX_AGE
from cxmc_ext.usecases.worker import tick

MAILINGS = 1000
PEOPLE = 10
_WORKERS = 2
_MAX_WAIT = 900.0
_FAR_FUTURE = 4_000_000_000


def create_app() -> Flask:
    """Create the app of a worker, for ``flask --app benchmarks.bench_due``."""
    host = MemoryHost()
    host.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
    return make_app(os.environ["BENCH_DB"], host)


def measure(environment: Environment) -> Iterator[Result]:
    for postgres in (False, True) if environment.postgres else (False,):
        name = "PostgreSQL" if postgres else "SQLite"
        with ExitStack() as stack:
            url = stack.enter_context(start_api(PEOPLE, campaigns=MAILINGS))
            stack.enter_context(redis_server(environment.folder))
            database = stack.enter_context(environment.database(postgres))
            os.environ.update(CXMC_API_ROOT=url, BENCH_DB=database)
            app = create_app()
            with app.app_context():
                services: Services = app.extensions["cxmc"].services
                _fill(services)
                before = _cpu_of_children()
                with ExitStack() as workers:
                    for _ in range(_WORKERS):
                        workers.enter_context(running_worker("benchmarks.bench_due"))
                    yield from _measure(services, name)
                milliseconds = 1000 * (_cpu_of_children() - before) / MAILINGS
                yield info(f"{name}: CPU of the workers per mailing, ms", milliseconds)


def _measure(services: Services, name: str) -> Iterator[Result]:
    session = services.session()
    _wait_until(services, select(func.count()).select_from(Heartbeat), _WORKERS + 1)
    session.execute(update(Mailing).values(next_sync_at=services.clock()))
    session.commit()
    started = time.perf_counter()
    tick.tick(services)
    read = select(func.count()).where(Mailing.last_sync_at.is_not(None))
    _wait_until(services, read, MAILINGS)
    seconds = time.perf_counter() - started
    calls = select(RemoteCall.mailing_id).order_by(RemoteCall.id)
    checks = session.execute(calls.where(RemoteCall.method == "report_summaries")).scalars().all()
    order = session.execute(calls.where(RemoteCall.method == "activity_page")).scalars().all()
    session.rollback()
    newest = sorted(order, reverse=True)[: MAILINGS // 10]
    yield at_least(f"{name}: 1,000 mailings due at once, mailings/s", MAILINGS / seconds, 10)
    yield at_most(
        f"{name}: change checks of all of them", len(checks), 1 + seconds // SUMMARY_MAX_AGE
    )
    among = len(set(newest) & set(order[: MAILINGS // 5]))
    yield info(f"{name}: newest tenth that was in the first fifth, %", 100 * among / len(newest))


def _cpu_of_children() -> float:
    """The CPU seconds of all ended processes that this one started, and those they started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _fill(services: Services) -> None:
    """Creates the account and its sent mailings, of which none is due yet."""
    session, now = services.session(), services.clock()
    account = Account(
        ref="default", state="active", list_id=LIST, change_checked_at=1, unsubscribes_cursor=now
    )
    session.add(account)
    session.flush()
    account.sealed_key = api_keys.seal(services, account.id, "any")
    mailings = [
        {
            "account_id": account.id,
            "campaign_ref": name,
            "campaign_title": name,
            "state": "sent",
            "remote_id": name,
            "remote_status": "sent",
            "remote_created_at": SENT_AT,
            "sent_at": SENT_AT,
            "next_sync_at": _FAR_FUTURE,
        }
        for name in campaign_ids(MAILINGS)
    ]
    ids = session.execute(insert(Mailing).returning(Mailing.id), mailings).scalars().all()
    people = [_person(number) for number in range(PEOPLE)]
    session.execute(
        insert(Recipient), [person | {"mailing_id": row} for row in ids for person in people]
    )
    session.commit()


def _person(number: int) -> dict[str, object]:
    address = f"person{number}@firma{number}.example"
    key = md5(address.encode(), usedforsecurity=False).digest()
    return {"address": address, "member_hash": key, "person_kind": "candidate",
            "person_id": str(number), "merge_values": {}}  # fmt: skip


def _wait_until(services: Services, counted: object, number: int) -> None:
    """Ends its transaction at once: a worker may wait for the database."""
    end, count = time.monotonic() + _MAX_WAIT, 0
    while count < number:
        assert time.monotonic() < end, f"{count} of {number}"
        time.sleep(0.1)
        count = services.session().execute(counted).scalar_one()  # type: ignore[call-overload]
        services.session().rollback()
