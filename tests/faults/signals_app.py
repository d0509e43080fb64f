"""An app for real worker processes that are killed around a signal; one of its listeners always fails."""

import os
import signal
from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from rq import get_current_job
from sqlalchemy import event, text

from cxmc_ext import CxMailChimp, Notice, signals
from cxmc_ext.testing import MemoryHost
from tests.support.apps import _immediate

FOLDER = Path(os.environ.get("CXMC_SIGNALS_FOLDER", "/nowhere"))
AFTER_COMMIT, AFTER_CLAIM, IN_LISTENER = "after the commit", "after the claim", "in a listener"
# How often somebody began to tell the notice when a commit was done.
_MOMENTS = {0: AFTER_COMMIT, 1: AFTER_CLAIM}


def create_app() -> Flask:
    app = Flask("signals")
    app.config.update(
        SECRET_KEY="test",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=os.environ["CXMC_SIGNALS_DATABASE"],
        CXMC_REDIS_URL=os.environ["CXMC_SIGNALS_REDIS"],
        CXMC_SECRET_KEYS=os.environ["CXMC_SIGNALS_SECRET"],
        CXMC_TICK_SECONDS=300,  # only the tick with which a worker starts
    )
    db = SQLAlchemy()
    db.init_app(app)
    CxMailChimp(app, host=MemoryHost())
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _immediate(db.engine)
    signals.activated.connect(fail, sender=app)
    signals.activated.connect(write_down, sender=app)

    @event.listens_for(db.session, "after_commit")
    def _committed(_session: object) -> None:
        if get_current_job() is None:
            return
        with db.engine.connect() as connection:
            attempts = connection.scalar(text("SELECT max(attempts) FROM cxmc_notice"))
        _kill_if_asked(_MOMENTS.get(attempts, ""))

    return app


def fail(_app: Flask, notice: Notice) -> None:
    raise RuntimeError(notice.kind)


def write_down(_app: Flask, notice: Notice) -> None:
    with (FOLDER / "told").open("a") as told:
        told.write(f"{notice.id} {'repeat' if notice.is_repeat else 'new'}\n")
    _kill_if_asked(IN_LISTENER)


def told() -> list[str]:
    """What the listener was told, in order: the notice, and whether it came as a repeat."""
    path = FOLDER / "told"
    return path.read_text().splitlines() if path.exists() else []


def kill_at(moment: str) -> None:
    """The next worker that gets there is killed, with the process that runs its job."""
    (FOLDER / "kill").write_text(moment)


def _kill_if_asked(moment: str) -> None:
    request = FOLDER / "kill"
    if not request.exists() or request.read_text() != moment:
        return
    request.unlink()
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
