"""``python -m benchmarks.tenants URL``: do the problems of one tenant affect the others?

Runs two workers and two web processes on an empty PostgreSQL database, with their own Redis and stand-in.
In each round ten campaigns of each account are sent through their forms and followed until their reports
have been read. The rounds:

1. Four accounts, then the same with a fifth whose every call is throttled (429). Twice in turns, because
   whatever else the machine does changes the figures.
2. All five accounts without problems.
3. The fifth so slow that each of its calls takes seconds.

Printed per round, for the four others: median and maximum of the seconds from the press until the
campaign is sent, and until it is synchronized; and the median milliseconds of one call, which grow with the
load of the machine, and the other figures with them.
"""

import copy
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select, update

from benchmarks.multi_account_crm import CAMPAIGNS, HEADER, TENANTS, create_app, mailchimp
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import OTHER_KEY, StandinServer
from cxmc_ext.standin.models import Key
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.worker import runner

FIFTH = TENANTS[-1]
MAX_WAIT = 300.0
_TOKEN = re.compile(r'name="csrf_token"\s+value="([^"]+)"')
_NONCE = re.compile(r'name="nonce"\s+value="([^"]+)"')
# Tenant and campaign ref.
Campaign = tuple[str, str]


def main() -> None:
    if len(sys.argv) != 2 or "://" not in sys.argv[1]:
        sys.exit(
            "usage: python -m benchmarks.tenants postgresql+psycopg://user@host/empty_database"
        )
    with ExitStack() as stack:
        standin = stack.enter_context(StandinServer())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cxmc-bench-")))
        _environment(sys.argv[1], standin, folder)
        stack.enter_context(_process(folder, str(shutil.which("redis-server")), *_redis(folder)))
        app = _connect_tenants(standin)
        for _ in range(2):
            stack.enter_context(_process(folder, *_flask("cxmc", "worker")))
        webs = [stack.enter_context(_web(folder)) for _ in range(2)]
        time.sleep(5)
        print(_LINE.format("round", "sent, median", "worst", "synced, median", "worst", "a call"))
        for number, name in enumerate(_ROUNDS):
            for kind, options in _FAULTS.get(name, {}).items():
                account = {"account": f"account-{FIFTH}", **options}
                standin.state.faults.add("* **", kind, times=0, **account)  # type: ignore[arg-type]
            tenants = TENANTS[:-1] if name == _WITHOUT else TENANTS
            seconds = _round(app, webs, tenants, number)
            _print(name, *seconds, _call_milliseconds(app, number))
            standin.state.faults.clear()
            _reset(app)


_WITHOUT, _WITH = "without the fifth", "with the fifth"
_THROTTLED, _SLOW = "the fifth throttled (429)", "the fifth slow (5 s a call)"
_ROUNDS = (_WITHOUT, _THROTTLED, _WITHOUT, _THROTTLED, _WITH, _SLOW)
_FAULTS: dict[str, dict[str, dict[str, float]]] = {
    _THROTTLED: {"429": {}},
    _SLOW: {"slow": {"seconds": 5.0}},
}


def _round(
    app: Flask, webs: list[str], tenants: tuple[str, ...], number: int
) -> tuple[list[float], list[float]]:
    """Presses every form and waits for the reports.

    Returns:
        The seconds from each press of the other tenants until sent, and until synchronized.
    """
    first = number * CAMPAIGNS + 1
    refs = [str(n) for n in range(first, first + CAMPAIGNS)]
    campaigns = [(tenant, ref) for ref in refs for tenant in reversed(tenants)]
    pressed: dict[Campaign, float] = {}
    for index, campaign in enumerate(campaigns):
        _press(webs[index % len(webs)], *campaign)
        pressed[campaign] = time.monotonic()
    others = {campaign: at for campaign, at in pressed.items() if campaign[0] != FIFTH}
    sent: dict[Campaign, float] = {}
    read: dict[Campaign, float] = {}
    end = time.monotonic() + MAX_WAIT
    while len(read) < len(others) and time.monotonic() < end:
        for campaign, state, synced in _states(app):
            now = time.monotonic()
            if campaign in others and state in {"sending", "sent"}:
                sent.setdefault(campaign, now - others[campaign])
            if campaign in others and synced:
                read.setdefault(campaign, now - others[campaign])
        time.sleep(0.25)
    assert len(read) == len(others), f"{len(others) - len(read)} of {len(others)} were not read"
    return list(sent.values()), list(read.values())


def _call_milliseconds(app: Flask, number: int) -> float:
    """The median milliseconds of the others' calls in a round."""
    first = number * CAMPAIGNS
    refs = [str(n) for n in range(first + 1, first + CAMPAIGNS + 1)]
    with app.app_context():
        session = app.extensions["cxmc"].services.session()
        calls = (
            select(RemoteCall.duration_ms)
            .join(Mailing, Mailing.id == RemoteCall.mailing_id)
            .join(Account, Account.id == RemoteCall.account_id)
            .where(Account.ref != FIFTH, Mailing.campaign_ref.in_(refs))
        )
        milliseconds = list(session.execute(calls).scalars())
        session.rollback()
    return statistics.median(milliseconds)


def _press(web: str, tenant: str, ref: str) -> None:
    with requests.Session() as browser:
        browser.headers[HEADER] = tenant
        page = browser.get(f"{web}/cxmc/campaigns/{ref}", timeout=30).text
        token, nonce = _TOKEN.search(page), _NONCE.search(page)
        assert token is not None, page
        assert nonce is not None, page
        form = {
            "csrf_token": token[1],
            "nonce": nonce[1],
            "subject": "Nieuwe vacatures",
            "from_name": "Rosa",
            "from_email": "info@anderbureau.example",
            "template_id": "40001",
            "confirmed": "yes",
        }
        response = browser.post(
            f"{web}/cxmc/campaigns/{ref}/send", form, allow_redirects=False, timeout=30
        )
        assert response.status_code == 303, response.text


def _states(app: Flask) -> list[tuple[Campaign, str, bool]]:
    with app.app_context():
        session = app.extensions["cxmc"].services.session()
        query = select(Account.ref, Mailing.campaign_ref, Mailing.state, Mailing.last_sync_at)
        rows = session.execute(query.join(Account, Account.id == Mailing.account_id)).all()
        session.rollback()
        return [((row[0], row[1]), row[2], row[3] is not None) for row in rows]


def _reset(app: Flask) -> None:
    """Cancels the work of the fifth account and all syncs, so that every round starts alike."""
    with app.app_context():
        all_accounts = app.extensions["cxmc"].services
        all_accounts.session().execute(update(Mailing).values(next_sync_at=None))
        all_accounts.session().execute(update(Account).values(back_off_until=0))
        all_accounts.session().commit()
        services = all_accounts.for_account(FIFTH)
        user = services.host.users["admin"][0]
        activation.deactivate(services, user)
        _activate(app, FIFTH)


def _connect_tenants(standin: StandinServer) -> Flask:
    """Creates the tables and connects each tenant to a MailChimp account of its own."""
    app = create_app()
    state = standin.state
    pattern = state.accounts[state.keys[OTHER_KEY].account_id]
    for number, tenant in enumerate(TENANTS):
        account = copy.deepcopy(pattern)
        account.id = f"account-{tenant}"
        state.accounts[account.id] = account
        key = f"{number:032x}-us{number + 1}"
        state.keys[key] = Key(key, account.id, "owner", tenant, "")
        with app.app_context():
            mailchimp.create_tables()
            services = app.extensions["cxmc"].services.for_account(tenant)
            user = services.host.users["admin"][0]
            _activate(app, tenant)
            assert runner.run(
                services,
                connection_requests.request_connection(
                    services, Press(user, f"k{tenant}"), key, None
                ),
            )
    return app


def _activate(app: Flask, tenant: str) -> None:
    with app.app_context():
        services = app.extensions["cxmc"].services.for_account(tenant)
        nonce = f"{tenant}-{time.monotonic_ns()}"
        user = services.host.users["admin"][0]
        runner.run(services, activation.request_activation(services, Press(user, nonce)))


def _environment(database: str, standin: StandinServer, folder: Path) -> None:
    os.environ |= {
        "BENCH_DATABASE": database,
        "BENCH_REDIS": f"unix://{folder / 'redis.sock'}",
        "BENCH_SECRET": Fernet.generate_key().decode(),
        "BENCH_ROOT": standin.url,
    }


def _redis(folder: Path) -> tuple[str, ...]:
    return ("--port", "0", "--unixsocket", str(folder / "redis.sock"), "--save", "")


def _flask(*args: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "flask", "--app", "benchmarks.multi_account_crm", *args)


@contextmanager
def _web(folder: Path) -> Iterator[str]:
    port = 5800 + os.getpid() % 90 + len(list(folder.glob("web-*"))) * 100
    (folder / f"web-{port}").touch()
    url = f"http://127.0.0.1:{port}"
    with _process(folder, *_flask("run", "--port", str(port))):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                requests.get(f"{url}/cxmc/static/cxmc.css", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.2)
            else:
                break
        yield url


@contextmanager
def _process(folder: Path, *command: str) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


_LINE = "{:28} {:>13} {:>7} {:>13} {:>7} {:>7}"


def _print(name: str, sent: list[float], read: list[float], call: float) -> None:
    seconds = (statistics.median(sent), max(sent), statistics.median(read), max(read))
    print(_LINE.format(name, *(f"{value:.1f}" for value in seconds), f"{call:.0f}"))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
