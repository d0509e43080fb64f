"""flask cxmc … in a CRM of several tenants: which account is meant, and that every one is result of."""

import json

import pytest
from flask import Flask

from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, OTHER_KEY
from cxmc_ext.testing import MemoryHost, MemoryMultiAccountHost
from cxmc_ext.usecases.shared import heartbeats
from tests.support.commands import run

NORTH, SOUTH = "north", "south"


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(NORTH, SOUTH)


@pytest.fixture
def both(app: Flask, services: Services) -> Services:
    for ref, key in ((NORTH, DEMO_KEY), (SOUTH, OTHER_KEY)):
        assert run(app, "activate", "--account", ref).exit_code == 0
        result = run(app, "connect", "--key-stdin", "--account", ref, stdin=key)
        assert result.exit_code == 0, result.output
    heartbeats.write_heartbeat(services, "worker:here:1", "worker")
    return services


def test_the_first_account_must_be_named_and_a_second_one_each_time(app: Flask) -> None:
    result = run(app, "activate")
    assert (result.exit_code, result.output) == (1, "Error: Name the account with --account REF.\n")
    assert run(app, "activate", "--account", NORTH).exit_code == 0
    assert run(app, "activate").output.endswith("ok   activated\n"), "the only one"
    assert run(app, "activate", "--account", SOUTH).exit_code == 0
    result = run(app, "activate")
    assert result.output == "Error: Name the account with --account REF (north, south).\n"
    result = run(app, "connect", "--key-stdin", "--account", "nrth", stdin=DEMO_KEY)
    assert result.output == "Error: There is no account 'nrth' (north, south).\n"


def test_status_shows_every_account_or_the_named_one(app: Flask, both: Services) -> None:
    result = run(app, "status")
    assert result.exit_code == 0
    assert result.output.count("worker     seen") == 1
    for line in ("tenant     north", "tenant     south", "account    Ander Bureau"):
        assert line in result.output.splitlines()
    report = json.loads(run(app, "status", "--json").output)
    assert {ref: account["account_name"] for ref, account in report["accounts"].items()} == {
        NORTH: "Cedar Staffing",
        SOUTH: "Ander Bureau",
    }
    only = json.loads(run(app, "status", "--json", "--account", SOUTH).output)
    assert list(only["accounts"]) == [SOUTH]


def test_doctor_names_the_account_of_each_finding(app: Flask, both: Services) -> None:
    output = run(app, "doctor").output
    assert "ok   north: MailChimp key: …us21" in output
    assert "ok   south: MailChimp key: …us7" in output
    only = run(app, "doctor", "--account", SOUTH).output
    assert "north" not in only
    assert "ok   a worker is alive" in only


def test_rotate_acts_on_every_account(app: Flask, both: Services) -> None:
    both.session().expire_all()
    assert run(app, "rotate").output == "ok   the key is encrypted anew\n"


def test_doctor_reports_orphaned_accounts_of_a_crm_without_tenants(
    app: Flask, both: Services
) -> None:
    object.__setattr__(both, "host", MemoryHost())
    object.__setattr__(both, "account_ref", "default")
    result = run(app, "doctor")
    assert (
        "fail the account north belongs to a tenant, but the Host has no tenants" in result.output
    )
    assert run(app, "tick").exit_code == 0, "the others go on"
    assert run(app, "activate", "--account", NORTH).output == (
        "Error: There is no account 'north' (default).\n"
    )
