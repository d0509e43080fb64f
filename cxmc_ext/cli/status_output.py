"""The output of `flask cxmc status`, as text and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.shared.system_problems import SystemProblem
from cxmc_ext.web.presentation.state_labels import MAILING_STATES


def print_status(
    services: Services,
    accounts: list[Services],
    health: heartbeats.Health,
    found: Sequence[SystemProblem],
) -> None:
    """Prints the status as text.

    Args:
        services: The services of the app.
        accounts: The services of each account to show.
        health: The heartbeats.
        found: What is wrong with the processes.
    """
    problem = services.queue.problem()
    click.echo(f"queue      {message_for(problem).text if problem else 'reachable'}")
    click.echo(f"worker     {_age(health.worker_age)}")
    click.echo(f"scheduler  {_age(health.scheduler_age)}")
    click.echo(f"tick       {_age(health.tick_age)}")
    for each in found:
        click.echo(f"{'problem' if each.severe else 'warning'}    {message_for(each.problem).text}")
    for account in accounts:
        if services.multi_account_host:
            click.echo(f"\ntenant     {account.account_ref}")
        _print_account(status.snapshot(account))


def status_report(
    services: Services,
    accounts: list[Services],
    health: heartbeats.Health,
    found: Sequence[SystemProblem],
) -> dict[str, Any]:
    """Returns the status as an object for JSON.

    Args:
        services: The services of the app.
        accounts: The services of each account to show.
        health: The heartbeats.
        found: What is wrong with the processes.

    Returns:
        The same facts as `print_status`. Ages are in seconds, null for never. With several tenants
        the facts of each account are in "accounts" by ref, otherwise they are at the top level.
    """
    by_ref = {account.account_ref: asdict(status.snapshot(account)) for account in accounts}
    problem = services.queue.problem()
    facts = {"accounts": by_ref} if services.multi_account_host else by_ref[services.account_ref]
    return {
        "heartbeats": asdict(health),
        "queue_reachable": problem is None,
        "queue_problem": message_for(problem).text if problem else "",
        "process_problems": [message_for(each.problem).text for each in found],
    } | facts


def _print_account(module: status.ModuleStatus) -> None:
    paused = ", synchronization paused" if module.paused else ""
    refused = " (refused by MailChimp)" if module.key_refused else ""
    click.echo(f"module     {module.state}{paused}")
    if stopped := status.sending_stop_text(module):
        click.echo(f"stopped    {stopped}")
    disabled = status.disabled_text(module)
    click.echo(f"account    {module.account_name or 'none'}{f' ({disabled})' if disabled else ''}")
    click.echo(f"key        {module.key or 'none'}{refused}")
    click.echo(f"audience   {module.audience or 'none'}")
    click.echo(f"operations {_counts(module.operations)}")
    click.echo(f"mailings   {_counts(_by_label(module.mailings))}")
    click.echo(f"syncs due  {module.syncs_due}")
    for crash in module.crashes:
        click.echo(f"stopped    {crash}")


def _age(seconds: int | None) -> str:
    return "never seen" if seconds is None else f"seen {seconds} s ago"


def _by_label(mailings: Mapping[str, int]) -> dict[str, int]:
    """The counts under the labels of the campaign list; a state of another release keeps its name."""
    labels = {str(state): label[0].lower() + label[1:] for state, label in MAILING_STATES.items()}
    return {labels.get(state, state): count for state, count in mailings.items()}


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
