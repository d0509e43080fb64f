"""Commands for an administrator. They print one fact per line and exit 0 if all is well, else 1."""

import json
import secrets
import sys
from datetime import datetime

import click

from cxmc_ext.cli import audit_output, status_output
from cxmc_ext.cli.account_option import choose_account, choose_accounts
from cxmc_ext.cli.doctor import run_checks
from cxmc_ext.cli.group import (
    current_flask_app,
    current_services,
    cxmc_commands,
    problem_text,
    report_errors,
    with_account_option,
)
from cxmc_ext.cli.process_problems import find_process_problems
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts import activation, connection_requests, key_rotation
from cxmc_ext.usecases.admin import schema
from cxmc_ext.usecases.admin import status as module_status
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.shared import heartbeats

# Without an id: whoever may run commands on the server needs no right in the CRM.
_ACTOR = User("", "flask cxmc")
_MAX_WAIT = 120.0
_NOBODY_FOUND = (
    "Nobody has this address, neither in the CRM nor in a campaign: check the spelling. If it is right,"
    " nothing is left to do: MailChimp has deleted it if it was there, and it is never mailed again."
)


@cxmc_commands.command("init-db")
def init_db() -> None:
    """Create the tables, unless you migrate them with your own Alembic."""
    with report_errors():
        schema.upgrade(current_services())
    click.echo("ok   the tables are there")


@cxmc_commands.command("upgrade")
def upgrade() -> None:
    """Migrate the tables and their content to this release, if you created them with init-db."""
    with report_errors():
        done = schema.upgrade(current_services())
    for description in done:
        click.echo(f"ok   {description}")
    click.echo(f"ok   the tables are those of this release{'' if done else ', nothing to do'}")


@cxmc_commands.command("activate")
@with_account_option
def activate_module(ref: str | None) -> None:
    """Activate the module: create the opt-out groups in the CRM."""
    with report_errors():
        services = choose_account(current_services(), ref, new=True)
        operation_id = activation.request_activation(services, _new_press())
        _run(services, operation_id, "activated")


@cxmc_commands.command("connect")
@click.option("--key-stdin", is_flag=True, required=True, help="Read the API key from stdin.")
@click.option("--audience", help="Id of the audience to use if the plan allows no further one.")
@with_account_option
def connect_account(key_stdin: bool, audience: str | None, ref: str | None) -> None:
    """Connect a MailChimp account: check the key, find or create the audience.

    The key is read from standard input, so that it appears in no shell history and no process list.
    """
    del key_stdin
    key = sys.stdin.readline().strip()
    with report_errors():
        services = choose_account(current_services(), ref)
        operation_id = connection_requests.request_connection(services, _new_press(), key, audience)
        _run(services, operation_id, "connected")


@cxmc_commands.command("erase")
@click.option("--address-stdin", is_flag=True, help="Read the e-mail address from stdin.")
@click.option("--person", help="A person of the CRM, such as candidate:12 or contact:12.")
@with_account_option
def erase_person(address_stdin: bool, person: str | None, ref: str | None) -> None:
    """Erase a person permanently, in MailChimp and here. This cannot be undone.

    An address is read from standard input, so that it appears in no shell history and no process
    list. It is erased even if nobody in the CRM has it, because MailChimp alone may know it; but then
    the command exits 1, because it may be misspelled.
    """
    if address_stdin == (person is not None):
        raise click.UsageError("Give either --address-stdin or --person.")
    address_or_person = person or sys.stdin.readline().strip()
    with report_errors():
        services = choose_account(current_services(), ref)
        scope = erasure_requests.erasure_scope(services, address_or_person)
        click.echo(f"ok   found people in the CRM: {scope.people}, campaigns: {scope.campaigns}")
        operation_id = erasure_requests.request_erasure(services, _new_press(), address_or_person)
        _run(services, operation_id, "erased")
    if scope.is_empty:
        click.echo(f"fail {_NOBODY_FOUND}")
        sys.exit(1)


@cxmc_commands.command("audit")
@click.option("--since", type=click.DateTime(), help="Only from this time on (UTC).")
@click.option("--json", "as_json", is_flag=True, help="For scripts: one object per line.")
@with_account_option
def show_audit(since: datetime | None, as_json: bool, ref: str | None) -> None:
    """Show who did what, newest first: presses, opt-outs, erasures, denied access."""
    with report_errors():
        services = choose_account(current_services(), ref)
    for line in audit_output.audit_lines(services, since, as_json=as_json):
        click.echo(line)


@cxmc_commands.command("rotate")
@with_account_option
def rotate_key(ref: str | None) -> None:
    """Encrypt the stored API key with the first of CXMC_SECRET_KEYS.

    Afterwards the old secret key can be removed.
    """
    with report_errors():
        accounts = choose_accounts(current_services(), ref)
        rotated = sum(key_rotation.rotate_key(services, _ACTOR) for services in accounts)
    click.echo("ok   the key is encrypted anew" if rotated else "ok   no key is stored")


@cxmc_commands.command("status")
@click.option("--json", "as_json", is_flag=True, help="For scripts: one object, nothing else.")
@with_account_option
def show_status(as_json: bool, ref: str | None) -> None:
    """Show account, key, queue, heartbeats and counts. Exits 1 if no worker is alive."""
    services = current_services()
    with report_errors():
        accounts = choose_accounts(services, ref)
    health = heartbeats.health(services)
    found = find_process_problems(services, health)
    if as_json:
        report = status_output.status_report(services, accounts, health, found)
        click.echo(json.dumps(report, indent=2, sort_keys=True))
    else:
        status_output.print_status(services, accounts, health, found)
    sys.exit(health.worker is heartbeats.Liveness.GONE)


@cxmc_commands.command("doctor")
@click.option("--online", is_flag=True, help="Ask MailChimp about key, role, plan and audience.")
@with_account_option
def doctor(ref: str | None, online: bool) -> None:
    """Check settings and environment; print a fix for every problem. Exits 1 if a check fails."""
    services = current_services()
    with report_errors():
        if ref is not None:
            services = choose_account(services, ref)
    findings = run_checks(current_flask_app(), services, online=online)
    fine = [finding.line() for finding in findings if finding.level == "ok"]
    others = [finding.line() for finding in findings if finding.level != "ok"]
    # Apart, because fifty lines about settings above would hide them.
    for line in (*fine, "", *others) if others else fine:
        click.echo(line)
    levels = [finding.level for finding in findings]
    click.echo(f"Problems: {levels.count('fail')}. Warnings: {levels.count('warn')}.")
    sys.exit(any(finding.level == "fail" for finding in findings))


def _new_press() -> Press:
    """A press of its own for each call of a command."""
    return Press(_ACTOR, secrets.token_hex(16))


def _run(services: Services, operation_id: int, done: str) -> None:
    """Runs an operation here, prints its problems, and exits 1 unless it succeeded."""
    result = module_status.run_to_completion(services, operation_id, _MAX_WAIT)
    for problem in result.problems:
        click.echo(f"{'ok  ' if result.succeeded else 'fail'} {problem_text(problem)}")
    if not result.succeeded:
        click.echo(f"fail not {done}: the operation is {result.state}")
        sys.exit(1)
    click.echo(f"ok   {done}")
