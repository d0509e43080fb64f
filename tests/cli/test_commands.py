"""`flask cxmc …`: output and exit codes."""

import json
import re

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from cxmc_ext.adapters.secrets import FernetVault
from cxmc_ext.cli import cxmc_commands
from cxmc_ext.config import CONFIG_KEYS
from cxmc_ext.db.models import Base
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind, User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY, DISABLED_KEY
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.admin import control_room
from cxmc_ext.usecases.shared import heartbeats
from tests.support.commands import run
from tests.support.factories import create_mailing


def refresh(services: Services) -> None:
    """The commands write through the session of the test."""
    services.session().expire_all()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(cxmc_commands.commands))
def test_every_command_helps(app: Flask, name: str) -> None:
    result = run(app, name, "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 3


def test_the_commands_are_these() -> None:
    assert set(cxmc_commands.commands) == {
        *("init-db", "activate", "connect", "rotate", "worker", "scheduler"),
        *("tick", "sync", "status", "doctor", "upgrade", "erase", "audit"),
    }


def test_init_db_creates_the_tables_and_may_be_repeated(app: Flask, services: Services) -> None:
    session = services.session()
    Base.metadata.drop_all(session.connection())
    session.execute(text("drop table cxmc_alembic_version"))
    session.commit()
    for _ in range(2):
        assert run(app, "init-db").exit_code == 0
    assert session.execute(text("select count(*) from cxmc_heartbeat")).scalar_one() == 0


@pytest.mark.parametrize("args", [("status",), ("audit",), ("tick",), ("rotate",)])
def test_without_tables_a_command_says_what_to_do(
    app: Flask, services: Services, args: tuple[str, ...]
) -> None:
    session = services.session()
    Base.metadata.drop_all(session.connection())
    session.commit()
    result = run(app, *args)
    assert (result.exit_code, result.output) == (
        1,
        "Error: The database cannot be used (OperationalError): `flask cxmc doctor` says what to do.\n",
    )


def test_activate_creates_the_groups_in_the_crm(app: Flask, host: MemoryHost) -> None:
    result = run(app, "activate")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "ok   activated")
    assert (OPT_OUT_TAG, PersonKind.CANDIDATE) in host.groups


def test_connect_reads_the_key_from_stdin_and_does_not_show_it(app: Flask) -> None:
    run(app, "activate")
    result = run(app, "connect", "--key-stdin", stdin=f"  {DEMO_KEY}\n")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "ok   connected")
    assert DEMO_KEY not in result.output
    status = run(app, "status").output
    assert DEMO_KEY not in status
    assert DEMO_KEY[28:32] in status


def test_connect_refuses_other_text_without_repeating_it(app: Flask) -> None:
    run(app, "activate")
    result = run(app, "connect", "--key-stdin", stdin="hunter2-us1.evil.com/#\n")
    assert result.exit_code == 1
    assert "This is not a MailChimp API key." in result.output
    assert "hunter2" not in result.output


def test_connect_shows_why_mailchimp_refused(app: Flask) -> None:
    run(app, "activate")
    result = run(app, "connect", "--key-stdin", stdin=f"{DISABLED_KEY}\n")
    assert result.exit_code == 1
    assert "fail MailChimp does not accept the API key" in result.output
    assert "fail not connected: the operation is failed" in result.output


def test_connect_before_activate_is_refused_in_one_line(app: Flask) -> None:
    result = run(app, "connect", "--key-stdin", stdin=f"{DEMO_KEY}\n")
    assert result.exit_code == 1
    assert result.output.startswith("Error: The MailChimp module is not active.")


def test_connect_requires_key_stdin(app: Flask) -> None:
    assert run(app, "connect", stdin=f"{DEMO_KEY}\n").exit_code == 2


def test_rotate_encrypts_the_stored_key_with_the_first_secret(
    app: Flask, connected: Services
) -> None:
    old = app.config["CXMC_SECRET_KEYS"]
    new = Fernet.generate_key().decode()
    app.extensions["cxmc"].services.vault.keys = (new, old)
    result = run(app, "rotate")
    assert (result.exit_code, result.output) == (0, "ok   the key is encrypted anew\n")
    refresh(connected)
    row = connected.session().execute(text("select id, sealed_key from cxmc_account")).one()
    opened = FernetVault((new,)).open(row.sealed_key, f"cxmc_account:{row.id}")
    assert opened == DEMO_KEY


def test_rotate_without_the_old_secret_says_what_to_do(app: Flask, connected: Services) -> None:
    app.extensions["cxmc"].services.vault.keys = (Fernet.generate_key().decode(),)
    result = run(app, "rotate")
    assert result.exit_code == 1
    assert "add the earlier value after the new one" in result.output


def test_rotate_without_a_key_succeeds(app: Flask) -> None:
    assert run(app, "rotate").output == "ok   no key is stored\n"


def test_tick_wakes_what_is_due(app: Flask, queue: ManualQueue, services: Services) -> None:
    queue.available = False
    run(app, "activate")
    assert run(app, "tick").output == "ok   0 woken\n"
    assert heartbeats.health(services).tick_age is not None


def test_sync_requires_exactly_one_of_its_options(app: Flask) -> None:
    assert run(app, "sync").exit_code == 2
    assert run(app, "sync", "--due", "--mailing", "3").exit_code == 2


def test_sync_synchronizes_a_mailing_in_this_process(app: Flask, connected: Services) -> None:
    assert run(app, "sync", "--due").output == "ok   0 synchronized\n"
    assert run(app, "sync", "--mailing", "12345").output == "ok   1 synchronized\n"


def test_status_as_json_is_one_object(app: Flask, connected: Services) -> None:
    heartbeats.write_heartbeat(connected, "worker:a:1", "worker")
    result = run(app, "status", "--json")
    assert result.exit_code == 0
    report = json.loads(result.output)
    assert (report["state"], report["account_name"]) == ("active", "Cedar Staffing")
    assert report["operations"] == {"done": 2}
    assert report["heartbeats"]["scheduler_age"] is None
    assert report["queue_reachable"] is True
    assert report["paused"] is False
    assert DEMO_KEY[:28] not in result.output


def test_status_exits_1_until_a_worker_is_alive(app: Flask, connected: Services) -> None:
    before = run(app, "status")
    assert before.exit_code == 1
    assert "worker     never seen" in before.output
    heartbeats.write_heartbeat(connected, "worker:here:1", "worker")
    after = run(app, "status")
    assert after.exit_code == 0
    assert re.search(r"^worker     seen \d+ s ago$", after.output, re.M)
    assert re.search(r"^module     active$", after.output, re.M)
    assert re.search(r"^account    Cedar Staffing$", after.output, re.M)
    assert re.search(r"^operations \d+ done$", after.output, re.M)
    control_room.pause(connected, User("", "test"))
    assert re.search(
        r"^module     active, synchronization paused$", run(app, "status").output, re.M
    )


def test_status_counts_campaigns_in_the_words_of_the_list(app: Flask, connected: Services) -> None:
    for ref, state in (("1", "none"), ("2", "sent"), ("3", "in_mailchimp"), ("4", "none")):
        create_mailing(connected, ref, state)
    printed = run(app, "status").output
    assert "mailings   1 ready in MailChimp, 2 not created, 1 sent\n" in printed
    assert json.loads(run(app, "status", "--json").output)["mailings"]["none"] == 2


class TestDoctor:
    """The findings, each with its level."""

    def doctor(self, app: Flask) -> tuple[int, str]:
        result = run(app, "doctor")
        return result.exit_code, result.output

    def test_every_setting_of_yours_is_listed_and_secrets_are_not_shown(
        self, app: Flask, connected: Services
    ) -> None:
        app.config["CXMC_REDIS_URL"] = "redis://:hunter2@cache.example:6379/0"
        _code, output = self.doctor(app)
        own = {key.name for key in CONFIG_KEYS if key.name in app.config}
        assert set(re.findall(r"^ok   (CXMC_\w+)=", output, re.MULTILINE)) == own
        assert f"ok   {len(CONFIG_KEYS) - len(own)} settings are not set" in output
        assert app.config["CXMC_SECRET_KEYS"] not in output
        assert DEMO_KEY not in output
        assert "hunter2" not in output
        assert "CXMC_REDIS_URL=redis://…@cache.example:6379/0" in output

    def test_every_line_has_a_level_a_fact_and_a_remedy(self, app: Flask) -> None:
        fine, others = self.doctor(app)[1].split("\n\n")
        assert {line[:4] for line in fine.splitlines()} == {"ok  "}, "the others stand apart"
        *lines, total = [*fine.splitlines(), *others.splitlines()]
        for line in lines:
            assert re.match(r"(ok  |warn|fail) \S.*: .+", line), line
        levels = [line[:4] for line in lines]
        assert levels == sorted(levels, key=["ok  ", "warn", "fail"].index)
        assert total == f"Problems: {levels.count('fail')}. Warnings: {levels.count('warn')}."

    def test_a_healthy_installation_exits_0(self, app: Flask, connected: Services) -> None:
        for kind in ("worker", "scheduler", "tick"):
            heartbeats.write_heartbeat(connected, kind, kind)
        app.secret_key = "a long secret that nobody guesses"
        code, output = self.doctor(app)
        assert code == 0, output
        assert not [line for line in output.splitlines() if line.startswith("fail")]
        assert "warn the API is a stand-in" in output

    def test_no_worker_no_redis_no_secret_each_fail(
        self, app: Flask, queue: ManualQueue, connected: Services
    ) -> None:
        queue.available = False
        connected.vault.keys = ()  # type: ignore[attr-defined]
        code, output = self.doctor(app)
        assert code == 1
        assert "fail No worker is alive: Start `flask cxmc worker`, or" in output
        assert "fail Redis does not answer" in output
        assert "fail the API key cannot be encrypted: CXMC_SECRET_KEYS is empty." in output
        assert "fail the stored MailChimp key is unusable" in output

    def test_missing_tables_and_columns_fail(self, app: Flask, services: Services) -> None:
        session = services.session()
        session.execute(text("drop table cxmc_event"))
        session.execute(text("alter table cxmc_mailing drop column count_differences"))
        session.commit()
        code, output = self.doctor(app)
        assert code == 1
        assert "cxmc_event" in output
        assert "cxmc_mailing.count_differences" in output
        assert "flask cxmc upgrade" in output

    def test_risky_settings_warn(self, app: Flask, connected: Services) -> None:
        app.debug = True
        app.config["CXMC_TICK_SECOND"] = 3
        output = self.doctor(app)[1]
        assert "warn debug is on and a key is stored" in output
        assert "warn the session cookie is not Secure" in output
        assert "warn the session cookie has no SameSite" in output
        assert "warn CXMC_TICK_SECOND is not a setting" in output
        assert "warn No scheduler is alive" in output

    def test_a_refused_key_fails(self, app: Flask, connected: Services) -> None:
        connected.session().execute(text("update cxmc_account set key_refused = 1"))
        connected.session().commit()
        assert "fail MailChimp refuses the key" in self.doctor(app)[1]


def test_audit_shows_who_did_what_since_when(app: Flask, connected: Services) -> None:
    lines = run(app, "audit").output.splitlines()
    assert [line.split()[1:3] for line in lines] == [["connect", "done"], ["activate", "done"]]
    assert "Ada Admin" in lines[0]
    run(app, "erase", "--address-stdin", stdin="anna@kandidaten.example\n")
    entries = [json.loads(line) for line in run(app, "audit", "--json").output.splitlines()]
    assert (entries[0]["action"], entries[0]["outcome"]) == ("erasure", "done")
    assert entries[0]["by"] == "flask cxmc"
    assert "anna" not in str(entries)
    assert run(app, "audit", "--since", "2999-01-01").output == ""
