"""Times a remote call and describes it for the table of remote calls, whoever makes it."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from cxmc_ext.domain.dropped_values import collect_dropped_values
from cxmc_ext.domain.errors import MailChimpError
from cxmc_ext.services import Services

T = TypeVar("T")


def timed_call(
    services: Services, name: str, call: Callable[[], T], record: Callable[[dict[str, Any]], object]
) -> T:
    """Makes one remote call and records how it ended.

    Args:
        services: The clock gives the time of the call.
        name: The method of the `MailChimp` port, as the table of remote calls shows it.
        call: The call itself, without arguments.
        record: Receives the row for the table of remote calls, also when the call fails.

    Returns:
        What the call returned.

    Raises:
        MailChimpError: Whatever the call raised.
    """
    started = time.monotonic()
    outcome, status = "ok", 0
    with collect_dropped_values() as dropped:
        try:
            return call()
        except MailChimpError as error:
            outcome, status = error.recorded_as or error.outcome, error.status
            raise
        finally:
            record(
                {
                    "method": name,
                    "outcome": outcome,
                    "status": status,
                    "duration_ms": int((time.monotonic() - started) * 1000),
                    "dropped_values": dropped.total(),
                    "at": services.clock(),
                }
            )
