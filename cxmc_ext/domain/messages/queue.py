"""Messages about what wakes the workers: Redis, or a queue of the Host."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

QUEUE_MESSAGES: Mapping[str, Message] = {
    "queue_unreachable": Message(
        "Redis does not answer.", "Start it, or correct CXMC_REDIS_URL (host, port, TLS)."
    ),
    "queue_password": Message(
        "Redis refuses the password.", "Correct user and password in CXMC_REDIS_URL."
    ),
    "queue_tls": Message(
        "The encrypted connection to Redis fails (TLS).",
        "Use rediss:// only for a port that expects TLS. For a certificate of your own, add"
        " ?ssl_ca_certs=/path/to/ca.pem to CXMC_REDIS_URL.",
    ),
    "queue_closed": Message(
        "Redis closes the connection at once.",
        "If its port expects TLS, CXMC_REDIS_URL must begin with rediss://. Otherwise look into the log of"
        " Redis.",
    ),
    "queue_cluster": Message(
        "This is a Redis Cluster, which rq cannot use.",
        "Set CXMC_REDIS_URL to a Redis without cluster mode; a small one is enough.",
    ),
    "queue_replica": Message("Redis is a read-only replica.", "Set CXMC_REDIS_URL to the primary."),
    "queue_permission": Message(
        "Redis denies a command.", "Give its user +@all on the keys rq:* and cxmc*."
    ),
    "queue_full": Message(
        "Redis is full, nothing can be queued.", "Raise maxmemory, or empty it: nothing is lost."
    ),
    "queue_script": Message("Redis rejects a script (%(error)s).", "Use Redis 5 or newer."),
    "queue_evicts": Message(
        "Redis evicts keys (%(policy)s).",
        "Set maxmemory-policy noeviction, otherwise wake-ups are lost when memory is short.",
    ),
    "queue_key": Message(
        "The key %(key)s in Redis is a %(found)s, not rq's %(expected)s.",
        "Delete the key %(key)s, or choose another CXMC_QUEUE.",
    ),
    "own_queue_unreachable": Message(
        "The queue of this CRM does not answer.",
        "Start its broker, or correct the address of the broker in the settings of the CRM.",
    ),
}
