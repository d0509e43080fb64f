"""Redis clients: one that gives up quickly, for pages; one that waits, for worker processes."""

from typing import Any

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry


def fail_fast_client(url: str) -> Redis:
    """Creates a client that gives up within two seconds, even if Redis accepts and never answers.

    Args:
        url: A URL of redis-py: redis://, rediss:// (TLS) or unix://.
    """
    return Redis.from_url(
        url, socket_connect_timeout=0.9, socket_timeout=0.9, retry=Retry(NoBackoff(), 0)
    )


def resilient_client(url: str) -> Redis:
    """Creates a client that waits up to half a minute for Redis to restart.

    Without retries a restart ends the worker: rq 3.0 does not reconnect (observed 2026-11).

    Args:
        url: A URL of redis-py: redis://, rediss:// (TLS) or unix://.
    """
    # Unix sockets do not know the option and refuse it.
    keepalive: dict[str, Any] = {} if url.startswith("unix:") else {"socket_keepalive": True}
    return Redis.from_url(
        url,
        socket_connect_timeout=5,
        **keepalive,
        retry=Retry(ExponentialWithJitterBackoff(base=0.5, cap=3), 12),
        retry_on_error=[ConnectionError, TimeoutError],
        health_check_interval=30,
    )
