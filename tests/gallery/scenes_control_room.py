"""The control room and the pages it leads to."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.usecases.shared import heartbeats
from host_app.database import db
from tests.gallery import page_actions
from tests.gallery.demo_server import DemoServer
from tests.gallery.scene import Scene


def control_room_scenes(stage: DemoServer) -> Iterator[Scene]:
    """Processes that never ran, are late and are alive; paused; then the audit and the erasure."""
    yield Scene("control-room-nobody-works", "/cxmc/control", "admin")
    for kind in ("worker", "scheduler", "tick"):
        heartbeats.write_heartbeat(stage.services, f"{kind}:crm:1", kind)
    _change(Heartbeat, at=Heartbeat.at - 5 * stage.services.settings.tick_seconds)
    yield Scene("control-room-late", "/cxmc/control", "admin")
    _change(Heartbeat, at=stage.services.clock())
    yield Scene("control-room", "/cxmc/control", "admin")
    _change(Account, sending_stopped_at=stage.services.clock(), sending_stopped_by="Adam Admin")
    yield Scene("control-room-stopped", "/cxmc/control", "admin")
    ref = stage.campaign("Nieuwsbrief december", 5)
    yield Scene("tab-form-stopped", f"/campaigns/{ref}/mailchimp")
    _change(Account, sending_stopped_at=None, sending_stopped_by="")
    yield Scene("control-room-stop-question", "/cxmc/control", "admin", page_actions.ask_to_stop)
    _change(Account, sync_paused=True)
    yield Scene("control-room-paused", "/cxmc/control", "admin")
    _change(Account, sync_paused=False)
    yield Scene("audit", "/cxmc/control/audit", "admin")
    yield Scene("audit-denied", "/cxmc/control/audit?about=denied", "admin")
    yield Scene("erase-form", "/cxmc/control/erasure", "admin")
    yield Scene(
        "erase-question", "/cxmc/control/erasure", "admin", page_actions.ask_erasure_confirmation
    )


def _change(model: Any, **values: Any) -> None:
    db.session.execute(update(model).values(**values))
    db.session.commit()
