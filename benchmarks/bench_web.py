"""Pages that are requested often: the poll of a pending panel, and the tab of a large campaign."""

import time
from collections.abc import Iterator
from functools import partial
from hashlib import md5
from http.client import HTTPConnection
from typing import Any

from flask import Flask
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from benchmarks.crm_web import engine_of, fetch, make_app, serve
from benchmarks.environment import Environment
from benchmarks.results import Result, alternating, at_least, at_most, p50, p99
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import bulk
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.sync import totals as report_totals

_POLLS = 600
_TABS = 300
_SIZES = (100, 100_000)
_BASE = "/cxmc/campaigns"


def measure(environment: Environment) -> Iterator[Result]:
    with environment.database() as database:
        host = MemoryHost()
        host.login("recruiter")
        app = make_app(database, host)
        refs = [host.add_campaign() for _ in range(3)]
        with app.app_context():
            poll = _prepare(app, refs)
        app.add_url_rule("/bare", view_func=partial(_bare, app), endpoint="bare")
        connection = serve(app)
        yield from _measure_poll(app, connection, poll)
        yield from _measure_tabs(connection, refs[1:])
        connection.close()


def _measure_poll(app: Flask, connection: HTTPConnection, poll: str) -> Iterator[Result]:
    statements: list[str] = []
    event.listen(engine_of(app), "before_cursor_execute", lambda *a: statements.append(a[2]))
    size = len(fetch(connection, poll))
    count = sum(statement.startswith("SELECT") for statement in statements)
    calls = [partial(fetch, connection, path) for path in ("/bare", poll)]
    alternating(calls, 50)
    bare, panel = alternating(calls, _POLLS)
    yield at_least(
        "poll, requests/s : bare view with one indexed read", p50(bare) / p50(panel), 0.7
    )
    yield at_most("poll, statements", count, 2)
    yield at_most("poll, bytes", size, 4096)


def _measure_tabs(connection: HTTPConnection, refs: list[str]) -> Iterator[Result]:
    calls = [partial(fetch, connection, f"{_BASE}/{ref}") for ref in refs]
    alternating(calls, 20)
    small, large = alternating(calls, _TABS)
    yield at_most("tab, 100,000 recipients : 100, p99", p99(large) / p99(small), 2)
    yield at_most("tab, 100,000 recipients : 100, p50", p50(large) / p50(small), 2)


def _bare(app: Flask) -> str:
    """The reference: a page that reads one row by its key."""
    session = app.extensions["sqlalchemy"].session
    title = session.execute(select(Mailing.campaign_title).where(Mailing.id == 1)).scalar_one()
    return f"<p>{title}</p>"


def _prepare(app: Flask, refs: list[str]) -> str:
    """Creates a campaign that is being sent and one sent campaign of each size.

    Returns:
        The path of the poll of the first.
    """
    session: Session = app.extensions["sqlalchemy"].session()
    account = session.execute(select(Account)).scalar_one_or_none() or Account(ref="default")
    account.state, account.list_id, account.sealed_key = "active", "l", "sealed"
    session.add(account)
    session.flush()
    now = int(time.time())
    pending = _mailing(account.id, refs[0], "preparing")
    session.add(pending)
    session.flush()
    operation = Operation(
        account_id=account.id, mailing_id=pending.id, kind="send", scope="m", nonce="n", title_token="t",
        state="running", step="subscribe_new", progress_done=250, progress_total=412, created_at=now,
        lease_until=now + 10_000, deadline=now + 10_000,
    )  # fmt: skip
    session.add(operation)
    for ref, size in zip(refs[1:], _SIZES, strict=True):
        _store_sent(session, _mailing(account.id, ref, "sent"), size, now)
    session.commit()
    return f"{_BASE}/{refs[0]}/panel?op={operation.id}"


def _mailing(account: int, ref: str, state: str) -> Mailing:
    return Mailing(
        account_id=account, campaign_ref=ref, campaign_title="Vacatures", state=state,
        remote_id=f"r{ref}", remote_status=state, remote_created_at=1_790_000_000,
    )  # fmt: skip


def _store_sent(session: Session, mailing: Mailing, size: int, now: int) -> None:
    """Stores what a sync would have: recipients, events, and their totals."""
    sent = now - 7200
    mailing.sent_at, mailing.last_sync_at, mailing.next_sync_at = sent, now, now + 600
    mailing.people_count = mailing.mailable_count = mailing.in_audience_count = (
        mailing.emails_sent
    ) = size
    session.add(mailing)
    session.flush()
    people = [_person(mailing.id, n) for n in range(size)]
    session.execute(insert(Recipient), people)
    found = select(Recipient.id).where(Recipient.mailing_id == mailing.id)
    ids = session.execute(found).scalars().all()
    bulk.raise_statuses(session, mailing.id, dict.fromkeys(ids, 3))
    rows = [
        {"recipient_id": row_id, "kind": kind, "at": sent + row_id % 7000, "mailing_id": mailing.id,
         "link_id": 0, "occurrence": 0}
        for row_id in ids
        for kind in (1, 3)
    ]  # fmt: skip
    session.execute(insert(Event), rows)
    mailing.counts = report_totals.stored_counts(session, mailing.id)
    mailing.report = {"timeseries": report_totals.hourly_series(session, mailing.id, sent)}


def _person(mailing: int, n: int) -> dict[str, Any]:
    address = f"p{n}@kantoor.example"
    key = md5(address.encode(), usedforsecurity=False).digest()
    return {"mailing_id": mailing, "person_kind": "candidate", "person_id": str(n), "name": f"P {n}",
            "address": address, "member_hash": key, "merge_values": {}}  # fmt: skip
