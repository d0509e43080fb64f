"""From a press of “Create and send” to the first progress and to 1,000 mails, with real processes."""

import os
import re
import time
from collections.abc import Callable, Iterator

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.crm_web import make_app
from benchmarks.environment import Environment
from benchmarks.redis_server import redis_server
from benchmarks.results import Result, at_most, p50
from benchmarks.worker_process import running_worker
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, Press
from cxmc_ext.domain.people import OPT_OUT_GROUP_NAMES, OPT_OUT_TAG
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.accounts import activation, connection_requests

PEOPLE = 1000
PRESSES = 7
_MAX_WAIT = 60.0
_HTMX = {"HX-Request": "true"}
_PROGRESS = re.compile(r'<progress [^>]*value="[1-9]')
_HIDDEN = re.compile(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"')
_FORM = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
    "confirmed": "yes",
}


def create_host() -> MemoryHost:
    """Create the CRM, the same in both processes: one campaign per press, all to the same people."""
    host = MemoryHost()
    people = [host.add_person(f"p{n}@kantoor.example") for n in range(PEOPLE)]
    for _ in range(PRESSES):
        host.add_to_campaign(host.add_campaign(), *people)
    host.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
    host.login("recruiter")
    return host


def create_app() -> object:
    """Create the app of the worker, for ``flask --app benchmarks.bench_press``."""
    return make_app(os.environ["BENCH_DB"], create_host())


def measure(environment: Environment) -> Iterator[Result]:
    with (
        StandinServer() as standin,
        redis_server(environment.folder),
        environment.database() as database,
    ):
        os.environ.update(CXMC_API_ROOT=standin.url, BENCH_DB=database)
        app = make_app(database, host := create_host())
        with running_worker("benchmarks.bench_press"), app.app_context():
            services: Services = app.extensions["cxmc"].services
            _connect(services, host)
            client = app.test_client()
            presses = [_press(services, client, ref) for ref in host.campaigns]
    yield at_most(
        "press : first progress seen, p50 seconds", p50([first for first, _ in presses]), 1.5
    )
    yield at_most(
        "press : 1,000 people mailed, p50 seconds", p50([mailed for _, mailed in presses]), 3
    )


def _connect(services: Services, host: MemoryHost) -> None:
    admin = host.users["admin"][0]
    activation.request_activation(services, Press(admin, "activate"))
    _wait_until(lambda: _is_done(services, OperationKind.ACTIVATE))
    connection_requests.request_connection(services, Press(admin, "connect"), DEMO_KEY, None)
    _wait_until(lambda: _is_done(services, OperationKind.CONNECT))


def _press(services: Services, client: FlaskClient, ref: str) -> tuple[float, float]:
    """Presses the button and polls as often as the panel says.

    Returns:
        Seconds until a poll showed progress, and until everybody was mailed.
    """
    url = f"/cxmc/campaigns/{ref}"
    form = _FORM | dict(_HIDDEN.findall(client.get(url, headers=_HTMX).text))
    started = time.perf_counter()
    page = client.post(f"{url}/send", data=form, headers=_HTMX).text
    first = mailed = 0.0
    while not (first and mailed):
        path, seconds = _poll(page)
        next_poll = time.perf_counter() + seconds
        while time.perf_counter() < next_poll:
            time.sleep(0.02)
            mailed = mailed or (
                _is_done(services, OperationKind.SEND, ref) and time.perf_counter() - started
            )
        page = client.get(path, headers=_HTMX).text if path else ""
        if not first and (mailed or _PROGRESS.search(page)):
            first = time.perf_counter() - started
    return first, mailed


def _poll(page: str) -> tuple[str, float]:
    """The URL that the panel polls, and the seconds between polls; "" if it no longer does."""
    poll = re.search(r'hx-get="([^"]+)"\s+hx-trigger="every (\d+)s"', page)
    return (poll[1].replace("&amp;", "&"), float(poll[2])) if poll else ("", 0.1)


def _is_done(services: Services, kind: OperationKind, ref: str | None = None) -> bool:
    """Ends its transaction at once: a worker may wait for the database."""
    mailing_id = select(Mailing.id).where(Mailing.campaign_ref == ref).scalar_subquery()
    query = select(Operation.state, Operation.problems).where(Operation.kind == kind)
    query = query.where(Operation.mailing_id == mailing_id) if ref else query
    session = services.session()
    row = session.execute(query).first()
    session.rollback()
    assert row is None or row.state in {*ACTIVE_STATES, "done"}, row.problems
    return row is not None and row.state == "done"


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _MAX_WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
