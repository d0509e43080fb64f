"""Time that passes for the product: what it did becomes older, and it looks for what is due."""

from tests.journeys.crm_database import query
from tests.support.demo_process import DemoProcess

HOUR, YEAR = 3600, 366 * 86_400
# What is requested once an hour, each time under the number of the hour.
_ONCE_AN_HOUR = "('forwarding', 'orphan_sweep')"


def pass_time(demo: DemoProcess, seconds: int) -> None:
    """At least an hour; everything under way must have ended."""
    query(demo.folder, "UPDATE cxmc_mailing SET sent_at = sent_at - ?", seconds)
    query(
        demo.folder,
        f"UPDATE cxmc_operation SET nonce = 'before:' || id WHERE kind IN {_ONCE_AN_HOUR}",
    )
    told = demo.flask("cxmc", "tick")
    assert told.returncode == 0, told.stdout + told.stderr
