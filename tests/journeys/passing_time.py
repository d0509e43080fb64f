"""Time that passes for the product: what it did becomes older, and it looks for what is due."""

from tests.journeys.crm_database import query
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

HOUR, YEAR = 3600, 366 * 86_400
# What is requested once an hour, each time under the number of the hour.
_ONCE_AN_HOUR = "('forwarding', 'orphan_sweep')"


def pass_time(demo: DemoProcess, seconds: int) -> None:
    """At least an hour; every report is read once before, which sets when the campaign was sent."""
    unread = "SELECT count(*) FROM cxmc_mailing WHERE state = 'sent' AND last_sync_at IS NULL"
    wait_until(lambda: query(demo.folder, unread) == [(0,)], 120, "every report was read once")
    query(demo.folder, "UPDATE cxmc_mailing SET sent_at = sent_at - ?", seconds)
    query(
        demo.folder,
        f"UPDATE cxmc_operation SET nonce = 'before:' || id WHERE kind IN {_ONCE_AN_HOUR}",
    )
    told = demo.flask("cxmc", "tick")
    assert told.returncode == 0, told.stdout + told.stderr
