"""What a whole life of a campaign leaves in logs and tables: no key, no address in a log, no forged line."""

import logging
from base64 import b64encode

import pytest
from sqlalchemy import inspect, text

from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY, DISABLED_KEY
from cxmc_ext.usecases.accounts import connection_requests
from cxmc_ext.usecases.worker import tick
from tests.support.recruiter import Recruiter

FORGED = "Week 48\r\nERROR root: all keys were stolen\x1b[31m"
ADDRESSES = ("anna@kandidaten.example", "bram@kandidaten.example")


def live(recruiter: Recruiter) -> None:
    """A send through trouble, a key that is refused, a synchronisation."""
    recruiter.campaign = recruiter.host.add_campaign(FORGED)
    recruiter.add(*ADDRESSES)
    for route, kind in (("POST /lists/*", "500_after"), ("POST /campaigns", "reset_after")):
        recruiter.standin.state.faults.add(route, kind)
    recruiter.send()
    recruiter.run_workers()
    admin = recruiter.host.users["admin"][0]
    connection_requests.request_connection(
        recruiter.services, Press(admin, recruiter.next_nonce()), DISABLED_KEY, None
    )
    recruiter.run_workers()
    recruiter.standin.state.advance(3600)
    tick.tick(recruiter.services)
    recruiter.queue.run_all()
    assert recruiter.mailed_addresses == list(ADDRESSES)


def test_no_log_line_is_forged_and_none_names_who_is_mailed(
    recruiter: Recruiter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    live(recruiter)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("cxmc_ext")]
    assert len(ours) > 20
    for line in ours:
        assert line.isprintable(), line
        assert "stolen" not in line
        assert "@" not in line


def test_neither_logs_nor_tables_hold_a_key(
    recruiter: Recruiter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    live(recruiter)
    session = recruiter.session
    dump = caplog.text
    for table in inspect(session.connection()).get_table_names():
        dump += repr(session.execute(text(f"SELECT * FROM {table}")).all())
    session.rollback()
    assert FORGED.splitlines()[0] in dump, "the dump holds what there is"
    for key in (DEMO_KEY, DISABLED_KEY):
        secret = key.partition("-")[0]
        for shape in (secret, secret[:28], _base64(f"cxmc:{key}"), _base64(key)):
            assert shape not in dump


def _base64(text_: str) -> str:
    return b64encode(text_.encode()).decode().rstrip("=")
