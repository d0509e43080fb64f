"""A queue that takes no wake-ups: the tick does what is due itself."""

import pytest

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.worker import runner, tick
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.usefixtures("frozen_clock")]


def test_a_press_is_carried_out_although_nothing_can_be_queued(
    recruiter: Recruiter, queue: ManualQueue
) -> None:
    recruiter.add("anna@kandidaten.example")
    queue.available = False
    operation = recruiter.send()
    for _ in range(10):
        tick.tick(recruiter.services)
        tick.work_without_queue(recruiter.services)
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]
    assert recruiter.operation(operation).state == "done"


def test_a_press_need_not_wait_for_the_next_nudge(recruiter: Recruiter, queue: ManualQueue) -> None:
    """The open page tries to wake a worker every few seconds; that must not keep this one away."""
    recruiter.add("anna@kandidaten.example")
    queue.available = False
    operation = recruiter.send()
    recruiter.services.clock.advance(8)  # type: ignore[attr-defined]
    runner.wake_if_stale(recruiter.services, operation)
    tick.work_without_queue(recruiter.services)
    assert recruiter.operation(operation).step != ""


def test_a_due_report_is_read_although_nothing_can_be_queued(
    recruiter: Recruiter, queue: ManualQueue
) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    queue.available = False
    recruiter.services.clock.advance(1200)  # type: ignore[attr-defined]
    assert tick.tick(recruiter.services) == 0
    assert tick.work_without_queue(recruiter.services) == 1
    mailing = recruiter.mailing
    assert mailing.last_sync_at == recruiter.services.clock()
    assert mailing.state == MailingState.SENT


def test_work_that_fails_stops_no_other_work(
    recruiter: Recruiter, queue: ManualQueue, host: MemoryHost
) -> None:
    """A Host that raises for one campaign costs that campaign only."""
    queue.available = False
    broken = recruiter.campaign
    recruiter.add("anna@kandidaten.example")
    failed = recruiter.send()
    recruiter.campaign = host.add_campaign()
    recruiter.add("bram@kandidaten.example")
    recruiter.send()
    people = host.people

    def fails_for_one(campaign_ref: str) -> object:
        if campaign_ref == broken:
            raise RuntimeError("the CRM's database is locked")
        return people(campaign_ref)

    host.people = fails_for_one  # type: ignore[assignment, method-assign]
    for _ in range(10):
        tick.work_without_queue(recruiter.services)
    assert recruiter.mailed_addresses == ["bram@kandidaten.example"]
    assert recruiter.operation(failed).state in ("running", "waiting")
