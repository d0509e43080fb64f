"""A press of “Create and send”: how soon something moves, and when 1,000 people have it. Real processes."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.crm_web import make_app
from benchmarks.environment import Environment
from benchmarks.redis_server import redis_server
from benchmarks.results import Result, at_most, p50
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, Press
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.accounts import activation, connection_requests

PEOPLE = 1000
PRESSES = 7
_LONGEST = 60.0
_HTMX = {"HX-Request": "true"}
_DONE = re.compile(r'<progress [^>]*value="[1-9]')
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_FORM = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
    "confirmed": "yes",
}


def host() -> MemoryHost:
    """The same in the worker: every press mails a campaign of its own to the same people."""
    made = MemoryHost()
    people = [made.add_person(f"p{n}@kantoor.example") for n in range(PEOPLE)]
    for _ in range(PRESSES):
        made.add_to_campaign(made.add_campaign(), *people)
    made.login("recruiter")
    return made


def create_app() -> object:
    """For ``flask --app benchmarks.bench_press``: the worker's side."""
    return make_app(os.environ["BENCH_DB"], host())


def measure(ground: Environment) -> Iterator[Result]:
    with StandinServer() as standin, redis_server(ground.folder), ground.database() as database:
        os.environ.update(CXMC_API_ROOT=standin.url, BENCH_DB=database)
        app = make_app(database, crm := host())
        with _worker(), app.app_context():
            services: Services = app.extensions["cxmc"].services
            _connect(services, crm)
            client = app.test_client()
            seen = [_press(services, client, ref) for ref in crm.campaigns]
    yield at_most("press : first progress seen, p50 seconds", p50([s[0] for s in seen]), 1.5)
    yield at_most("press : 1,000 people mailed, p50 seconds", p50([s[1] for s in seen]), 3)


@contextmanager
def _worker() -> Iterator[None]:
    words = [sys.executable, "-m", "flask", "--app", "benchmarks.bench_press", "cxmc", "worker"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _connect(services: Services, crm: MemoryHost) -> None:
    admin = crm.users["admin"][0]
    activation.request_activation(services, Press(admin, "activate"))
    _until(lambda: _ended(services, OperationKind.ACTIVATE))
    connection_requests.request_connection(services, Press(admin, "connect"), DEMO_KEY, None)
    _until(lambda: _ended(services, OperationKind.CONNECT))


def _press(services: Services, client: FlaskClient, ref: str) -> tuple[float, float]:
    """Seconds until a poll, as often as the panel asks for one, shows something done; and until all is."""
    address = f"/cxmc/campaigns/{ref}"
    form = _FORM | dict(_HIDDEN.findall(client.get(address, headers=_HTMX).text))
    started = time.perf_counter()
    page = client.post(f"{address}/send", data=form, headers=_HTMX).text
    first = mailed = 0.0
    while not (first and mailed):
        path, seconds = _poll(page)
        asked = time.perf_counter()
        while time.perf_counter() < asked + seconds:
            time.sleep(0.02)
            mailed = mailed or (
                _ended(services, OperationKind.SEND, ref) and time.perf_counter() - started
            )
        page = client.get(path, headers=_HTMX).text if path else ""
        if not first and (mailed or _DONE.search(page)):
            first = time.perf_counter() - started
    return first, mailed


def _poll(page: str) -> tuple[str, float]:
    """The address that the panel polls, and how often; "" for one that ended."""
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every (\d+)s"', page)
    return (found[1].replace("&amp;", "&"), float(found[2])) if found else ("", 0.1)


def _ended(services: Services, kind: OperationKind, ref: str | None = None) -> bool:
    """Whether the operation is done. Lets go of the database at once: a worker waits for it."""
    mine = select(Mailing.id).where(Mailing.campaign_ref == ref).scalar_subquery()
    asked = select(Operation.state, Operation.problems).where(Operation.kind == kind)
    asked = asked.where(Operation.mailing_id == mine) if ref else asked
    session = services.session()
    row = session.execute(asked).first()
    session.rollback()
    assert row is None or row.state in {*ACTIVE_STATES, "done"}, row.problems
    return row is not None and row.state == "done"


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONGEST
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
