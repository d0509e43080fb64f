"""An app for real worker processes, which pause at a call where a file tells them to."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from cxmc_ext import CxMailChimp
from cxmc_ext.domain.people import OPT_OUT_GROUP_NAMES, OPT_OUT_TAG
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.operations.context import OperationContext
from tests.support.apps import _immediate

FOLDER = Path(os.environ.get("CXMC_FAULTS_FOLDER", "/nowhere"))
CAMPAIGN_COUNT = 20


def create_app() -> Flask:
    app = Flask("fault_tests")
    app.config.update(
        SECRET_KEY="test",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{FOLDER / 'cxmc.db'}",
        CXMC_REDIS_URL=os.environ["CXMC_FAULTS_REDIS"],
        CXMC_SECRET_KEYS=os.environ["CXMC_FAULTS_SECRET"],
        CXMC_API_ROOT=os.environ["CXMC_FAULTS_ROOT"],
        CXMC_TICK_SECONDS=1,
        CXMC_READ_TIMEOUT=5,
        CXMC_BATCH_TIMEOUT=5,
        CXMC_SETTLE_SECONDS=1,
    )
    db = SQLAlchemy()
    db.init_app(app)
    mailchimp = CxMailChimp(app, host=create_host())
    with app.app_context():
        _immediate(db.engine)
        mailchimp.create_tables()
    return app


def create_host() -> MemoryHost:
    """The same in every process: per campaign two to mail, one who shares an address, one opted out."""
    host = MemoryHost()
    host.ensure_opt_out_groups(OPT_OUT_TAG, OPT_OUT_GROUP_NAMES)
    for _ in range(CAMPAIGN_COUNT):
        ref = host.add_campaign()
        left = host.add_person(f"left{ref}@kandidaten.example")
        names = (*expected_addresses(ref), expected_addresses(ref)[0].upper())
        host.add_to_campaign(ref, left, *[host.add_person(name) for name in names])
        host.opt_out(OPT_OUT_TAG, [left], "long ago")
    return host


def expected_addresses(ref: str) -> list[str]:
    return [f"anna{ref}@kandidaten.example", f"bram{ref}@kandidaten.example"]


# A worker pauses where the file pause-<operation> says: "before send", "after create_campaign", …


def pause_at(operation: int, where: str) -> None:
    (FOLDER / f"pause-{operation}").write_text(where)


def paused_pid(operation: int) -> int:
    """The process that is paused with this operation; 0 while none is."""
    mark = FOLDER / f"paused-{operation}"
    return int(mark.read_text() or 0) if mark.exists() else 0


def resume(operation: int) -> None:
    (FOLDER / f"resume-{operation}").touch()


def _pause_if_asked(operation: int, where: str) -> None:
    request = FOLDER / f"pause-{operation}"
    if not request.exists() or request.read_text() != where:
        return
    request.unlink()
    mark = FOLDER / f"paused-{operation}.part"
    mark.write_text(str(os.getpid()))
    mark.rename(FOLDER / f"paused-{operation}")
    while not (FOLDER / f"resume-{operation}").exists():
        time.sleep(0.02)


if "CXMC_FAULTS_WORKER" in os.environ:
    _perform_call = OperationContext.perform_call

    def perform_call(context: Any, name: str, start_by: float, call: Callable[[], Any]) -> Any:
        _pause_if_asked(context.operation_id, f"before {name}")
        result = _perform_call(context, name, start_by, call)
        _pause_if_asked(context.operation_id, f"after {name}")
        return result

    OperationContext.perform_call = perform_call  # type: ignore[method-assign]
