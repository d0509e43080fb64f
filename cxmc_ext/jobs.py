"""What rq calls by name, one line each; run inside the app context that the worker pushes."""

from flask import current_app

from cxmc_ext.services import Services
from cxmc_ext.usecases.worker import tick as ticking
from cxmc_ext.usecases.worker import wakeups


def run_operation(operation_id: int) -> None:
    wakeups.on_operation_nudge(_services(), operation_id)


def run_sync(mailing_id: int) -> None:
    wakeups.on_sync_nudge(_services(), mailing_id)


def tick() -> None:
    ticking.tick(_services())


def _services() -> Services:
    services: Services = current_app.extensions["cxmc"].services
    return services
