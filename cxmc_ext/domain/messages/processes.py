"""Messages about the processes: workers, their ticks, and the scheduler."""

from collections.abc import Mapping

from cxmc_ext.domain.problems import Message

_LATE_REMEDY = "Wait a minute. If it does not end, look into the log of the process."

PROCESS_MESSAGES: Mapping[str, Message] = {
    "worker_late": Message("The workers are late to report.", _LATE_REMEDY),
    "worker_gone": Message(
        "No worker is alive.",
        "Start `flask cxmc worker`. Nothing is lost; the work then continues by itself.",
    ),
    "tick_late": Message("A worker is alive, but late to look for due work.", _LATE_REMEDY),
    "tick_gone": Message(
        "A worker is alive, but none looks for due work.",
        "Search its log for “Tick failed”, then restart it.",
    ),
    "scheduler_late": Message("The scheduler is late to report.", _LATE_REMEDY),
    "scheduler_gone": Message(
        "No scheduler is alive.",
        "Start `flask cxmc scheduler`; until then only workers look for due work.",
    ),
}
