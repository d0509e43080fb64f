"""Opens the environment of the fault tests, with everything patched that would take time."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from sqlalchemy.orm import Session

from cxmc_ext.adapters.mailchimp import http_session
from cxmc_ext.standin import StandinServer
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sending import segment as segment_steps
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.support.databases import temporary_postgres_database
from tests.support.ports import free_port

# Bodies that are too big are small here, so that a thousand of them take no time.
BODY_LIMIT = 256 * 1024


@contextmanager
def open_environment(folder: Path, database: str = "sqlite") -> Iterator[Checkpoints]:
    """Starts a stand-in and creates the database; run each case inside `prepare_case`."""
    with StandinServer(port=free_port()) as standin, _database(folder, database) as url:
        env = FaultEnvironment(url, standin)
        yield Checkpoints(env)
        with env.app.app_context():
            env.close()


@contextmanager
def prepare_case(checkpoints: Checkpoints) -> Iterator[Checkpoints]:
    """Patches pauses and limits, counts commits, and pushes the app context, for one case.

    Not for longer: tests of other folders run in the same process.
    """
    env = checkpoints.environment
    commit = Session.commit

    def counted(session: Session) -> None:
        commit(session)
        env.commit_hooks.on_commit()

    with ExitStack() as stack:
        stack.enter_context(patch.object(http_session, "RETRY_PAUSES", (0.0, 0.0)))
        stack.enter_context(patch.object(http_session, "MAX_BYTES", BODY_LIMIT))
        for module in (audience_steps, segment_steps):
            stack.enter_context(patch.object(module, "BATCH_SIZE", 500))
        stack.enter_context(patch.object(Session, "commit", counted))
        stack.enter_context(env.app.app_context())
        yield checkpoints


@contextmanager
def _database(folder: Path, kind: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'cxmc.db'}"
    else:
        with temporary_postgres_database(f"cxmc_faults_{os.getpid()}") as url:
            yield url
