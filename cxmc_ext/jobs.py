"""The functions rq calls by name. The worker pushes the app context they run in."""

import socket

from flask import current_app

from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import heartbeats
from cxmc_ext.usecases.worker import tick as tick_usecase
from cxmc_ext.usecases.worker import wakeups


def run_operation(operation_id: int) -> None:
    """Runs an operation, unless another worker has it.

    Args:
        operation_id: `Operation.id`.
    """
    wakeups.on_operation_nudge(_services(), operation_id)


def run_sync(mailing_id: int) -> None:
    """Makes one sync turn for a mailing, unless another worker does, and those that are due besides.

    Args:
        mailing_id: `Mailing.id`.
    """
    wakeups.on_sync_nudge(_services(), mailing_id)
    wakeups.sync_further(_services())


def tick() -> None:
    """Looks for due work and nudges workers for it.

    With a queue of the Host this also shows that its worker and what calls it regularly are alive.
    """
    services = _services()
    if services.has_own_queue:
        for kind in ("worker", "scheduler"):
            heartbeats.write_heartbeat(services, f"{kind}:{socket.gethostname()}", kind)
    tick_usecase.tick(services)


def _services() -> Services:
    services: Services = current_app.extensions["cxmc"].services
    return services
