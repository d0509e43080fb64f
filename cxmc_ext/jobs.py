"""The functions rq calls by name. The worker pushes the app context they run in."""

from flask import current_app

from cxmc_ext.services import Services
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
    """Looks for due work and nudges workers for it."""
    tick_usecase.tick(_services())


def _services() -> Services:
    services: Services = current_app.extensions["cxmc"].services
    return services
