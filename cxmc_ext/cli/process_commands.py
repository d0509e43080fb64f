"""Commands that process operations and synchronize: the long-running processes, and one-time runs."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import click

from cxmc_ext.adapters.json_log import log_as_json
from cxmc_ext.adapters.rq.scheduler import run_scheduler
from cxmc_ext.adapters.rq.worker import run_worker
from cxmc_ext.cli.account_option import choose_account
from cxmc_ext.cli.group import (
    current_flask_app,
    current_services,
    cxmc_commands,
    report_errors,
    with_account_option,
)
from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.sync import turn as sync_turn
from cxmc_ext.usecases.worker.tick import tick as look_for_due_work
from cxmc_ext.usecases.worker.tick import work_without_queue

_DUE_BATCH = 20
_log = logging.getLogger(__name__)
_with_log_format = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="json: one object per line, for programs that collect logs.",
)


@cxmc_commands.command("worker")
@click.option("--burst", is_flag=True, help="Do what is due now, then stop.")
@_with_log_format
def worker(burst: bool, log_format: str) -> None:
    """Process operations and synchronize, until stopped."""
    if log_format == "json":
        log_as_json()
    services, name = current_services(), _process_name("worker")
    log_queue_problem = _queue_log()

    def on_tick() -> bool:
        heartbeats.write_heartbeat(services, name, "worker")
        look_for_due_work(services)
        return log_queue_problem(services.queue.problem())

    def work() -> None:
        work_without_queue(services)

    run_worker(current_flask_app(), services.settings, on_tick, work, burst)


@cxmc_commands.command("scheduler")
@_with_log_format
def scheduler(log_format: str) -> None:
    """Make a worker look for due work every minute, until stopped."""
    if log_format == "json":
        log_as_json()
    app, services, stop = current_flask_app(), current_services(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def record_heartbeat() -> None:
        with app.app_context():
            heartbeats.write_heartbeat(services, _process_name("scheduler"), "scheduler")

    run_scheduler(services.settings, record_heartbeat, stop)


@cxmc_commands.command("tick")
def tick() -> None:
    """Look once for due operations and mailings, and wake the workers."""
    click.echo(f"ok   {look_for_due_work(current_services())} woken")


@cxmc_commands.command("sync")
@click.option("--mailing", type=int, help="Synchronize this mailing now.")
@click.option("--due", is_flag=True, help="Synchronize every mailing that is due.")
@with_account_option
def synchronize(mailing: int | None, due: bool, ref: str | None) -> None:
    """Read events from MailChimp in this process, without a worker."""
    if (mailing is None) != due:
        raise click.UsageError("Give either --mailing N or --due.")
    services, count = current_services(), 0
    if ref is not None:
        with report_errors():
            services = choose_account(services, ref)
    for mailing_id in [mailing] if mailing is not None else _due_mailings(services):
        sync_turn.run(services, mailing_id, requested=True)
        count += 1
    click.echo(f"ok   {count} synchronized")


def _queue_log() -> Callable[[Problem | None], bool]:
    """Returns a function that logs each change of what is wrong with the queue, and whether it works."""
    last: list[Problem | None] = [None]

    def log(problem: Problem | None) -> bool:
        if problem is not None and problem != last[0]:
            message = message_for(problem)
            _log.error("%s %s Until then work is done slowly.", message.text, message.remedy)
        elif problem is None and last[0] is not None:
            _log.warning("Redis can be used again")
        last[0] = problem
        return problem is None

    return log


def _process_name(kind: str) -> str:
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"


def _due_mailings(services: Services) -> Iterator[int]:
    """Every due mailing once, even if it stays due because its sync turn fails."""
    done: set[int] = set()
    while mailing_ids := set(sync_schedule.claim_due(services, _DUE_BATCH)) - done:
        yield from mailing_ids
        done |= mailing_ids
