"""``python -m benchmarks.tenants URL``: does the trouble of one tenant reach the others?

Two real workers and two real web processes on the empty PostgreSQL database of that URL, with a Redis
and a stand-in of their own. Ten campaigns of each of five accounts are sent by their forms and followed
until their reports were read. Rounds: the four without the fifth and with the fifth throttled by 429 on
every call, in turn and twice, since whatever else the machine does changes the figures; then all five in
good health, and the fifth so slow that each call takes seconds. Printed per round: the others' median and
worst delay from press to sent, and to synchronised, in seconds; and what one call of theirs took, in
thousandths: it grows with whatever else the machine has to do, and the delays grow with it.
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

LOUD = TENANTS[-1]
WAIT = 300.0
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_NONCE = re.compile(r'name="nonce" value="([^"]+)"')
Campaign = tuple[str, str]
"""Tenant and ref."""


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
        app = _connected(standin)
        for _ in range(2):
            stack.enter_context(_process(folder, *_flask("cxmc", "worker")))
        webs = [stack.enter_context(_web(folder)) for _ in range(2)]
        time.sleep(5)
        print(_LINE.format("round", "sent, median", "worst", "read, median", "worst", "a call"))
        for number, name in enumerate(_ROUNDS):
            for kind, options in _FAULTS.get(name, {}).items():
                account = {"account": f"account-{LOUD}", **options}
                standin.state.faults.add("* **", kind, times=0, **account)  # type: ignore[arg-type]
            tenants = TENANTS[:-1] if name == _WITHOUT else TENANTS
            seconds = _round(app, webs, tenants, number)
            _print(name, *seconds, _call(app, number))
            standin.state.faults.clear()
            _end(app)


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
    """Seconds from each press to sent and to read, of everybody but the loud one."""
    first = number * CAMPAIGNS + 1
    refs = [str(n) for n in range(first, first + CAMPAIGNS)]
    each = [(tenant, ref) for ref in refs for tenant in reversed(tenants)]
    pressed: dict[Campaign, float] = {}
    for place, one in enumerate(each):
        _press(webs[place % len(webs)], *one)
        pressed[one] = time.monotonic()
    others = {one: at for one, at in pressed.items() if one[0] != LOUD}
    sent: dict[Campaign, float] = {}
    read: dict[Campaign, float] = {}
    end = time.monotonic() + WAIT
    while len(read) < len(others) and time.monotonic() < end:
        for one, state, synced in _look(app):
            now = time.monotonic()
            if one in others and state in {"sending", "sent"}:
                sent.setdefault(one, now - others[one])
            if one in others and synced:
                read.setdefault(one, now - others[one])
        time.sleep(0.25)
    assert len(read) == len(others), f"{len(others) - len(read)} of {len(others)} were not read"
    return list(sent.values()), list(read.values())


def _call(app: Flask, number: int) -> float:
    """Thousandths of a second that half of the others' calls of a round took at most."""
    first = number * CAMPAIGNS
    refs = [str(n) for n in range(first + 1, first + CAMPAIGNS + 1)]
    with app.app_context():
        session = app.extensions["cxmc"].services.session()
        calls = (
            select(RemoteCall.duration_ms)
            .join(Mailing, Mailing.id == RemoteCall.mailing_id)
            .join(Account, Account.id == RemoteCall.account_id)
            .where(Account.ref != LOUD, Mailing.campaign_ref.in_(refs))
        )
        found = list(session.execute(calls).scalars())
        session.rollback()
    return statistics.median(found)


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
        answer = browser.post(
            f"{web}/cxmc/campaigns/{ref}/send", form, allow_redirects=False, timeout=30
        )
        assert answer.status_code == 303, answer.text


def _look(app: Flask) -> list[tuple[Campaign, str, bool]]:
    with app.app_context():
        session = app.extensions["cxmc"].services.session()
        wanted = select(Account.ref, Mailing.campaign_ref, Mailing.state, Mailing.last_sync_at)
        found = session.execute(wanted.join(Account, Account.id == Mailing.account_id)).all()
        session.rollback()
        return [((row[0], row[1]), row[2], row[3] is not None) for row in found]


def _end(app: Flask) -> None:
    """The loud one's work is called off and nothing is read again, so that each round begins alike."""
    with app.app_context():
        whole = app.extensions["cxmc"].services
        whole.session().execute(update(Mailing).values(next_sync_at=None))
        whole.session().execute(update(Account).values(back_off_until=0))
        whole.session().commit()
        services = whole.for_account(LOUD)
        user = services.host.users["admin"][0]
        activation.deactivate(services, user)
        _activate(app, LOUD)


def _connected(standin: StandinServer) -> Flask:
    """The tables, and each tenant with a MailChimp account of its own."""
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


def _flask(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "flask", "--app", "benchmarks.multi_account_crm", *words)


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
def _process(folder: Path, *words: str) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        running = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()


_LINE = "{:28} {:>13} {:>7} {:>13} {:>7} {:>7}"


def _print(name: str, sent: list[float], read: list[float], call: float) -> None:
    seconds = (statistics.median(sent), max(sent), statistics.median(read), max(read))
    print(_LINE.format(name, *(f"{one:.1f}" for one in seconds), f"{call:.0f}"))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
