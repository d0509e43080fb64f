"""Clients of Redis: an impatient one for people who wait, a patient one for processes that must live.

A URL is one of redis-py, or names Sentinels, which know where the Redis of that name is right now:
redis+sentinel://[user:password@]host[:26379],host…/name[/database][?sentinel_password=…]; with
rediss+sentinel:// Redis and Sentinels speak TLS.
"""

from typing import Any, cast
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.connection import parse_url
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel

_SENTINEL = "+sentinel"
_SENTINEL_PORT = 26379


def fail_fast_client(url: str) -> Redis:
    """Gives up within two seconds, whether Redis refuses, hangs or swallows packets."""
    return _client(
        url, 0.9, socket_connect_timeout=0.9, socket_timeout=0.9, retry=Retry(NoBackoff(), 0)
    )


def resilient_client(url: str) -> Redis:
    """Rides out a restart or a failover of up to half a minute (measured; without it rq quits)."""
    keepalive = {} if url.startswith("unix:") else {"socket_keepalive": True}  # a TCP matter
    return _client(
        url,
        5,
        socket_connect_timeout=5,
        **keepalive,
        retry=Retry(ExponentialWithJitterBackoff(base=0.5, cap=3), 12),
        retry_on_error=[ConnectionError, TimeoutError],
        health_check_interval=30,
    )


def _client(url: str, seconds: float, **options: Any) -> Redis:
    """:param seconds: what asking all Sentinels, one after the other, may take."""
    parts = urlsplit(url)
    scheme, sentinel, _ = parts.scheme.partition(_SENTINEL)
    if not sentinel:
        return Redis.from_url(url, **options)
    owner, at, hosts = parts.netloc.rpartition("@")
    each = [urlsplit(f"//{host}") for host in hosts.split(",")]
    name, _, database = parts.path.strip("/").partition("/")
    plain = parts._replace(scheme=scheme, netloc=f"{owner}{at}redis", path=f"/{database}")
    found: dict[str, Any] = dict(parse_url(plain.geturl()))  # type: ignore[no-untyped-call]
    del found["host"]
    tls = {"ssl": found.pop("connection_class", None) is not None}
    tls |= {key: value for key, value in found.items() if key.startswith("ssl_")}
    wait = seconds / len(each)
    asked = {"password": found.pop("sentinel_password", None), "socket_timeout": wait, **tls}
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        [(one.hostname, one.port or _SENTINEL_PORT) for one in each],
        sentinel_kwargs={**asked, "socket_connect_timeout": wait, "retry": Retry(NoBackoff(), 0)},
    )
    return cast(Redis, sentinels.master_for(name, **{**found, **tls, **options}))  # type: ignore[no-untyped-call]
