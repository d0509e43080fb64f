"""Clients of Redis: an impatient one for people who wait, a patient one for processes that must live."""

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry


def impatient(url: str) -> Redis:
    """Gives up within two seconds, whether Redis refuses, hangs or swallows packets."""
    return Redis.from_url(
        url, socket_connect_timeout=0.9, socket_timeout=0.9, retry=Retry(NoBackoff(), 0)
    )


def patient(url: str) -> Redis:
    """Rides out a restart of Redis of up to half a minute (measured; without it rq quits)."""
    keepalive = {} if url.startswith("unix:") else {"socket_keepalive": True}  # a TCP matter
    return Redis.from_url(
        url,
        socket_connect_timeout=5,
        **keepalive,
        retry=Retry(ExponentialWithJitterBackoff(base=0.5, cap=3), 12),
        retry_on_error=[ConnectionError, TimeoutError],
        health_check_interval=30,
    )
