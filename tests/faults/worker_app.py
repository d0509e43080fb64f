"""The plant: an app for real worker processes, whose workers stand still where a file tells them to."""

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

FOLDER = Path(os.environ.get("CXMC_PLANT_FOLDER", "/nowhere"))
CAMPAIGN_COUNT = 20


def create_app() -> Flask:
    app = Flask("plant")
    app.config.update(
        SECRET_KEY="test",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{FOLDER / 'cxmc.db'}",
        CXMC_REDIS_URL=os.environ["CXMC_PLANT_REDIS"],
        CXMC_SECRET_KEYS=os.environ["CXMC_PLANT_SECRET"],
        CXMC_API_ROOT=os.environ["CXMC_PLANT_ROOT"],
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
    """The same in every process: per campaign two to mail, one who shares an address, one who left."""
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


# Where a worker stands still: the file hold-<operation> holds "before send" or "after create_campaign".


def pause_at(operation: int, where: str) -> None:
    (FOLDER / f"hold-{operation}").write_text(where)


def paused_pid(operation: int) -> int:
    """Process that stands still with this operation; 0 while none does."""
    mark = FOLDER / f"held-{operation}"
    return int(mark.read_text() or 0) if mark.exists() else 0


def resume(operation: int) -> None:
    (FOLDER / f"go-{operation}").touch()


def _stand_still(operation: int, where: str) -> None:
    order = FOLDER / f"hold-{operation}"
    if not order.exists() or order.read_text() != where:
        return
    order.unlink()
    mark = FOLDER / f"held-{operation}.part"
    mark.write_text(str(os.getpid()))
    mark.rename(FOLDER / f"held-{operation}")
    while not (FOLDER / f"go-{operation}").exists():
        time.sleep(0.02)


if "CXMC_PLANT_WORKER" in os.environ:
    _perform_call = OperationContext.perform_call

    def perform_call(context: Any, name: str, start_by: float, call: Callable[[], Any]) -> Any:
        _stand_still(context.operation_id, f"before {name}")
        result = _perform_call(context, name, start_by, call)
        _stand_still(context.operation_id, f"after {name}")
        return result

    OperationContext.perform_call = perform_call  # type: ignore[method-assign]
