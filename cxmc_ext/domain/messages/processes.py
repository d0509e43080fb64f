"""Messages about the processes: workers, their ticks, and the scheduler."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

_LATE_REMEDY = "Wait a minute. If it does not end, look into the log of the process."

PROCESS_MESSAGES: Mapping[str, Message] = {
    "worker_late": Message("The workers are late to report.", _LATE_REMEDY),
    "worker_gone": Message(
        "No worker is alive.",
        "Start `flask cxmc worker`, or the workers of your own queue. Nothing is lost; the work then"
        " continues by itself.",
    ),
    "tick_late": Message("A worker is alive, but late to look for due work.", _LATE_REMEDY),
    "tick_gone": Message(
        "A worker is alive, but none looks for due work.",
        "Search its log for “Tick failed”, then restart it.",
    ),
    "worker_elsewhere": Message(
        "A worker is alive, but none listens to the queue %(queue)s in this Redis.",
        "Run `flask cxmc doctor` with the worker's environment: CXMC_REDIS_URL or CXMC_QUEUE differs, or"
        " Redis refuses it. If it has just started or ended, wait a minute.",
    ),
    "worker_foreign": Message(
        "Another rq worker listens to CXMC_QUEUE (%(queue)s): %(workers)s.",
        "Give the CRM's jobs a queue of their own, and let that worker read no other: it and ours would"
        " swallow each other's jobs.",
    ),
    "scheduler_late": Message("The scheduler is late to report.", _LATE_REMEDY),
    "scheduler_gone": Message(
        "No scheduler is alive.",
        "Start `flask cxmc scheduler`, or the periodic task of your own queue; until then only workers look"
        " for due work.",
    ),
}
