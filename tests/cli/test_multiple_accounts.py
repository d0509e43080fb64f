"""flask cxmc … in a CRM of several tenants: which account is meant, and that every one is told of."""

import json

import pytest
from click.testing import Result
from flask import Flask

from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, OTHER_KEY
from cxmc_ext.testing import MemoryHost, MemoryMultiAccountHost
from cxmc_ext.usecases.shared import heartbeats

NORTH, SOUTH = "north", "south"


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(NORTH, SOUTH)


def run(app: Flask, *words: str, stdin: str = "") -> Result:
    return app.test_cli_runner().invoke(args=["cxmc", *words], input=stdin)


@pytest.fixture
def both(app: Flask, services: Services) -> Services:
    for ref, key in ((NORTH, DEMO_KEY), (SOUTH, OTHER_KEY)):
        assert run(app, "activate", "--account", ref).exit_code == 0
        told = run(app, "connect", "--key-stdin", "--account", ref, stdin=key)
        assert told.exit_code == 0, told.output
    heartbeats.write_heartbeat(services, "worker:here:1", "worker")
    return services


def test_the_first_account_must_be_named_and_a_second_one_each_time(app: Flask) -> None:
    told = run(app, "activate")
    assert (told.exit_code, told.output) == (1, "Error: Name the account with --account REF.\n")
    assert run(app, "activate", "--account", NORTH).exit_code == 0
    assert run(app, "activate").output.endswith("ok   activated\n"), "the only one"
    assert run(app, "activate", "--account", SOUTH).exit_code == 0
    told = run(app, "activate")
    assert told.output == "Error: Name the account with --account REF (north, south).\n"
    told = run(app, "connect", "--key-stdin", "--account", "nrth", stdin=DEMO_KEY)
    assert told.output == "Error: There is no account 'nrth' (north, south).\n"


def test_status_shows_every_account_or_the_named_one(app: Flask, both: Services) -> None:
    told = run(app, "status")
    assert told.exit_code == 0
    assert told.output.count("worker     seen") == 1
    for line in ("tenant     north", "tenant     south", "account    Ander Bureau"):
        assert line in told.output.splitlines()
    found = json.loads(run(app, "status", "--json").output)
    assert {ref: one["account_name"] for ref, one in found["accounts"].items()} == {
        NORTH: "Cedar Staffing",
        SOUTH: "Ander Bureau",
    }
    only = json.loads(run(app, "status", "--json", "--account", SOUTH).output)
    assert list(only["accounts"]) == [SOUTH]


def test_doctor_names_the_account_of_each_finding(app: Flask, both: Services) -> None:
    told = run(app, "doctor").output
    assert "ok   north: MailChimp key …us21" in told
    assert "ok   south: MailChimp key …us7" in told
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
    told = run(app, "doctor")
    assert "fail the account north belongs to a tenant, but the Host has no tenants" in told.output
    assert run(app, "tick").exit_code == 0, "the others go on"
    assert run(app, "activate", "--account", NORTH).output == (
        "Error: There is no account 'north' (default).\n"
    )
