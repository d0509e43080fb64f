"""flask cxmc …: what an administrator types. One line per fact; exit 0 when all is well, else 1."""

import json
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from cxmc_ext.adapters.json_log import log_as_json
from cxmc_ext.adapters.rq.scheduler import run_scheduler
from cxmc_ext.adapters.rq.worker import run_worker
from cxmc_ext.cli import account_option, audit_output, status_output
from cxmc_ext.cli.doctor import run_checks
from cxmc_ext.domain.errors import Conflict, Invalid, SetupError
from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import activation, connection_requests, key_rotation
from cxmc_ext.usecases.admin import schema
from cxmc_ext.usecases.admin import status as status_module
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker import tick as ticking

cxmc_commands = AppGroup("cxmc", help="MailChimp campaigns: set up, run and examine the module.")
_ACTOR = User("", "flask cxmc")
"""No id: whoever may run commands on the server needs no right in the host."""
_PATIENCE = 120.0
_of_account = click.option("--account", "ref", help="The account, in a CRM that has several.")


@cxmc_commands.command("init-db")
def init_db() -> None:
    """Create the tables; for hosts that do not migrate them with Alembic of their own."""
    with _told():
        schema.upgrade(_services())
    click.echo("ok   the tables are there")


@cxmc_commands.command("upgrade")
def upgrade() -> None:
    """Migrate the tables and their content to this release; for hosts that use init-db."""
    with _told():
        done = schema.upgrade(_services())
    for description in done:
        click.echo(f"ok   {description}")
    click.echo(f"ok   the tables are those of this release{'' if done else ', nothing to do'}")


@cxmc_commands.command("activate")
@_of_account
def activate_module(ref: str | None) -> None:
    """Activate the module: creates the opt-out groups in the CRM."""
    with _told():
        services = account_option.choose_account(_services(), ref, new=True)
        operation = activation.request_activation(services, Press(_ACTOR, secrets.token_hex(16)))
        _carry_out(services, operation, "activated")


@cxmc_commands.command("connect")
@click.option("--key-stdin", is_flag=True, required=True, help="Read the API key from stdin.")
@click.option("--audience", help="Id of the audience to use, where the plan allows no further one.")
@_of_account
def connect_account(key_stdin: bool, audience: str | None, ref: str | None) -> None:
    """Connect the MailChimp account: checks the key, finds or creates the audience.

    The key is read from standard input, so that it is in no history and no list of processes.
    """
    del key_stdin
    key = sys.stdin.readline().strip()
    with _told():
        services = account_option.choose_account(_services(), ref)
        nonce = secrets.token_hex(16)
        operation = connection_requests.request_connection(
            services, Press(_ACTOR, nonce), key, audience
        )
        _carry_out(services, operation, "connected")


@cxmc_commands.command("erase")
@click.option("--address-stdin", is_flag=True, help="Read the e-mail address from stdin.")
@click.option("--person", help="A person of the CRM, as candidate:12 or contact:12.")
@_of_account
def erase_person(address_stdin: bool, person: str | None, ref: str | None) -> None:
    """Erase a person for good, at MailChimp and here. It cannot be undone.

    An address is read from standard input, so that it is in no history and no list of processes.
    """
    if address_stdin == (person is not None):
        raise click.UsageError("Give either --address-stdin or --person.")
    whom = person or sys.stdin.readline().strip()
    with _told():
        services = account_option.choose_account(_services(), ref)
        operation = erasure_requests.request_erasure(
            services, Press(_ACTOR, secrets.token_hex(16)), whom
        )
        _carry_out(services, operation, "erased")


@cxmc_commands.command("audit")
@click.option("--since", type=click.DateTime(), help="Only from this time (UTC) on.")
@click.option("--json", "as_json", is_flag=True, help="For a program: one object per line.")
@_of_account
def show_audit(since: datetime | None, as_json: bool, ref: str | None) -> None:
    """Show who did what, newest first: presses, opt-outs, erasures, denied access."""
    with _told():
        services = account_option.choose_account(_services(), ref)
    for line in audit_output.audit_lines(services, since, as_json=as_json):
        click.echo(line)


@cxmc_commands.command("rotate")
@_of_account
def rotate_secret(ref: str | None) -> None:
    """Encrypt the stored API key with the first of CXMC_SECRET_KEYS; the old one may go then."""
    with _told():
        stored = sum(
            key_rotation.rotate_key(each, _ACTOR)
            for each in account_option.choose_accounts(_services(), ref)
        )
    click.echo("ok   the key is encrypted anew" if stored else "ok   no key is stored")


_log_format = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: one object per line, for programs that collect logs.",
)


@cxmc_commands.command("worker")
@click.option("--burst", is_flag=True, help="Do what is due now, then stop.")
@_log_format
def worker(burst: bool, log_format: str) -> None:
    """Carry out operations and synchronisations until stopped."""
    if log_format == "json":
        log_as_json()
    services, name = _services(), f"worker:{socket.gethostname()}:{os.getpid()}"

    def on_tick() -> None:
        heartbeats.write_heartbeat(services, name, "worker")
        ticking.tick(services)

    run_worker(_app(), services.settings, on_tick, burst)


@cxmc_commands.command("scheduler")
@_log_format
def scheduler(log_format: str) -> None:
    """Ask a worker every minute to look for due work, until stopped."""
    if log_format == "json":
        log_as_json()
    services, stop = _services(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app = _app()

    def beat() -> None:
        with app.app_context():
            heartbeats.write_heartbeat(
                services, f"scheduler:{socket.gethostname()}:{os.getpid()}", "scheduler"
            )

    run_scheduler(services.settings, beat, stop)


@cxmc_commands.command("tick")
def tick() -> None:
    """Look once for due operations and synchronisations and wake the workers for them."""
    click.echo(f"ok   {ticking.tick(_services())} woken")


@cxmc_commands.command("sync")
@click.option("--mailing", type=int, help="Synchronise this mailing now.")
@click.option("--due", is_flag=True, help="Synchronise every mailing that is due.")
@_of_account
def synchronise(mailing: int | None, due: bool, ref: str | None) -> None:
    """Read events from MailChimp here, without a worker."""
    if (mailing is None) != due:
        raise click.UsageError("Give either --mailing N or --due.")
    services, count = _services(), 0
    if ref is not None:
        with _told():
            services = account_option.choose_account(services, ref)
    for row in [mailing] if mailing is not None else _all_due(services):
        sync_turn.run(services, row, requested=True)
        count += 1
    click.echo(f"ok   {count} synchronised")


@cxmc_commands.command("status")
@click.option("--json", "as_json", is_flag=True, help="For a program: one object, nothing else.")
@_of_account
def status(as_json: bool, ref: str | None) -> None:
    """Show account, key, queue, heartbeats and counts. Exits 1 when no worker lives."""
    with _told():
        chosen = account_option.choose_accounts(_services(), ref)
    services, alive = _services(), heartbeats.health(_services())
    if as_json:
        click.echo(
            json.dumps(
                status_output.status_report(services, chosen, alive), indent=2, sort_keys=True
            )
        )
    else:
        status_output.print_status(services, chosen, alive)
    sys.exit(not alive.worker_alive)


@cxmc_commands.command("doctor")
@click.option("--online", is_flag=True, help="Ask MailChimp about key, role, plan and audience.")
@_of_account
def doctor(ref: str | None, online: bool) -> None:
    """Examine settings and surroundings; every line that is not ok names its remedy."""
    with _told():
        services = (
            account_option.choose_account(_services(), ref) if ref is not None else _services()
        )
    findings = run_checks(_app(), services, online=online)
    for finding in findings:
        click.echo(finding.line())
    sys.exit(any(finding.level == "fail" for finding in findings))


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _services() -> Services:
    services: Services = current_app.extensions["cxmc"].services
    return services


def _carry_out(services: Services, operation_id: int, done: str) -> None:
    found = status_module.run_to_completion(services, operation_id, _PATIENCE)
    for why in found.problems:
        click.echo(f"{'ok  ' if found.succeeded else 'fail'} {_sentence(why)}")
    if not found.succeeded:
        click.echo(f"fail not {done}: the operation is {found.state}")
        sys.exit(1)
    click.echo(f"ok   {done}")


@contextmanager
def _told() -> Iterator[None]:
    """Turns a refusal into one line per reason and exit 1."""
    try:
        yield
    except SetupError as error:
        raise click.ClickException(str(error)) from None
    except Conflict as error:
        raise click.ClickException(_sentence(error.problem)) from None
    except Invalid as error:
        sentences = [_sentence(why) for why in error.fields.values()]
        raise click.ClickException("\n".join(sentences)) from None


def _all_due(services: Services) -> Iterator[int]:
    """Each due mailing once, even one that stays due because its sync fails."""
    done: set[int] = set()
    while rows := set(sync_schedule.claim_due(services, 20)) - done:
        yield from rows
        done |= rows


def _sentence(why: Problem) -> str:
    words = message_for(why)
    return " ".join(part for part in (words.text, why.detail, words.remedy) if part)
