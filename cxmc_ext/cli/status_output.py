"""What flask cxmc status tells, for people and for programs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status
from cxmc_ext.usecases.shared import heartbeats


def print_status(services: Services, chosen: list[Services], alive: heartbeats.Health) -> None:
    click.echo(f"queue      {'reachable' if services.queue.reachable() else 'not reachable'}")
    click.echo(f"worker     {_age(alive.worker_age)}")
    click.echo(f"scheduler  {_age(alive.scheduler_age)}")
    click.echo(f"tick       {_age(alive.tick_age)}")
    for each in chosen:
        if services.multi_account_host:
            click.echo(f"\ntenant     {each.account_ref}")
        _print_account(status.snapshot(each))


def status_report(
    services: Services, chosen: list[Services], alive: heartbeats.Health
) -> dict[str, Any]:
    """The facts of `show` under the same words; ages in seconds, null for never.

    Accounts by their ref where there are several; the one account's facts beside the others else.
    """
    seen = {each.account_ref: asdict(status.snapshot(each)) for each in chosen}
    facts = {"accounts": seen} if services.multi_account_host else seen[services.account_ref]
    whole = {"heartbeats": asdict(alive), "queue_reachable": services.queue.reachable()}
    return whole | facts


def _print_account(seen: status.ModuleStatus) -> None:
    paused = ", synchronisation paused" if seen.paused else ""
    click.echo(f"module     {seen.state}{paused}")
    click.echo(f"account    {seen.account_name or 'none'}")
    refused = " (refused by MailChimp)" if seen.key_refused else ""
    click.echo(f"key        {seen.key or 'none'}{refused}")
    click.echo(f"audience   {seen.audience or 'none'}")
    click.echo(f"operations {_counts(seen.operations)}")
    click.echo(f"mailings   {_counts(seen.mailings)}")
    click.echo(f"syncs due  {seen.syncs_due}")


def _age(seconds: int | None) -> str:
    return "never seen" if seconds is None else f"seen {seconds} s ago"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
