"""What rq calls by name, one line each; run inside the app context that the worker pushes."""

from flask import current_app

from cxmc_ext.services import Services
from cxmc_ext.usecases import operations, sync
from cxmc_ext.usecases import tick as ticking


def run_operation(operation_id: int) -> None:
    operations.run(_services(), operation_id)


def run_sync(mailing_id: int) -> None:
    sync.run(_services(), mailing_id)


def tick() -> None:
    ticking.tick(_services())


def _services() -> Services:
    services: Services = current_app.extensions["cxmc"].services
    return services
