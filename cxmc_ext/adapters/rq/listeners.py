"""Which rq workers listen to our queue: ours, which their names tell, and those of others."""

from dataclasses import dataclass
from uuid import uuid4

from redis import RedisError
from rq import Worker
from rq.utils import as_text

from cxmc_ext.adapters.redis.client import fail_fast_client
from cxmc_ext.adapters.rq.queue import open_queue
from cxmc_ext.config import Settings

_OWN_PREFIX = "cxmc-worker-"


@dataclass(frozen=True, slots=True)
class Listeners:
    """The workers that are registered at our queue."""

    has_own: bool
    foreign: tuple[str, ...]
    """Each by its name in rq, with its machine and process."""


def new_worker_name() -> str:
    """Returns a name for a worker of ours; rq's own names say nothing about whose a worker is."""
    return f"{_OWN_PREFIX}{uuid4().hex}"


def find_listeners(settings: Settings) -> Listeners | None:
    """Reads who listens to our queue.

    Args:
        settings: CXMC_REDIS_URL and CXMC_QUEUE.

    Returns:
        None if Redis does not tell.
    """
    client = fail_fast_client(settings.redis_url)
    try:
        keys = Worker.all_keys(queue=open_queue(settings.queue, client))
        # Not Worker.all: it fails on what rq cannot parse, and other releases of rq write here, too.
        found = {key: client.hmget(key, "last_heartbeat", "hostname", "pid") for key in keys}
    except (RedisError, OSError):
        return None
    finally:
        client.close()
    # A worker that was killed stays registered; only its hash expires.
    living = {
        key.removeprefix(Worker.redis_worker_namespace_prefix): [
            as_text(each) if each else "?" for each in place
        ]
        for key, (seen, *place) in found.items()
        if seen
    }
    foreign = (name for name in sorted(living) if not name.startswith(_OWN_PREFIX))
    return Listeners(
        has_own=any(name.startswith(_OWN_PREFIX) for name in living),
        foreign=tuple("{} ({}, process {})".format(name, *living[name]) for name in foreign),
    )
