"""Sets the lab up: where its database is, and what of the product may not take time."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from cxmc_ext.adapters.mailchimp import http_session
from cxmc_ext.standin import StandinServer
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sending import segment as segment_steps
from cxmc_ext.usecases.worker import runner
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.support.databases import POSTGRES
from tests.support.ports import free_port

BODY_LIMIT = 256 * 1024
"""Bodies beyond MAX_BYTES are made small here, so that a thousand of them cost nothing."""


@contextmanager
def open_environment(folder: Path, database: str = "sqlite") -> Iterator[Checkpoints]:
    """The lab with its stand-in and its database; a case is played inside `open_for_a_case`."""
    with StandinServer(port=free_port()) as standin, _database(folder, database) as url:
        env = FaultEnvironment(url, standin)
        yield Checkpoints(env)
        with env.app.app_context():
            env.close()


@contextmanager
def prepare_case(checkpoints: Checkpoints) -> Iterator[Checkpoints]:
    """Pauses are never sat out, every commit is counted, the lab's app is the current one.

    For one case at a time: tests of other folders share the process.
    """
    env = checkpoints.environment
    commit = Session.commit

    def counted(session: Session) -> None:
        commit(session)
        env.commit_hooks.on_commit()

    with ExitStack() as stack:
        stack.enter_context(patch.object(runner, "PATIENCE", -1.0))
        stack.enter_context(patch.object(http_session, "RETRY_PAUSES", (0.0, 0.0)))
        stack.enter_context(patch.object(http_session, "MAX_BYTES", BODY_LIMIT))
        for module in (audience_steps, segment_steps):
            stack.enter_context(patch.object(module, "BATCH", 500))
        stack.enter_context(patch.object(Session, "commit", counted))
        stack.enter_context(env.app.app_context())
        yield checkpoints


@contextmanager
def _database(folder: Path, kind: str) -> Iterator[str]:
    """A SQLite file, or a database of its own on the PostgreSQL server that is named."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'cxmc.db'}"
        return
    name = f"cxmc_faults_{os.getpid()}"
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as link:
        link.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as link:
            link.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()
