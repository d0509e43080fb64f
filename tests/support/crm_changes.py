"""A scheduled campaign, what the CRM changes meanwhile, and its time coming."""

from dataclasses import replace

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases.worker import tick
from tests.support.recruiter import Recruiter


def scheduled(recruiter: Recruiter, *addresses: str) -> list[PersonRef]:
    refs = recruiter.add(*addresses)
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 5) * 900)
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.SCHEDULED
    return refs


def come_near(recruiter: Recruiter, seconds: int = 890) -> None:
    at = recruiter.mailing.schedule_at or 0
    recruiter.standin.state.advance(at - recruiter.services.clock() - seconds)


def tick_and_work(recruiter: Recruiter) -> None:
    recruiter.session.rollback()
    tick.tick(recruiter.services)
    recruiter.queue.nudges = type(recruiter.queue.nudges)(
        nudge for nudge in recruiter.queue.nudges if nudge[0] == "operation"
    )
    recruiter.run_workers()


def come_due(recruiter: Recruiter) -> list[str]:
    recruiter.standin.state.advance(2 * 3600)
    recruiter.services.client_factory(DEMO_KEY, 9).templates()
    return recruiter.mailed_addresses


def remove(recruiter: Recruiter, *refs: PersonRef) -> None:
    for ref in refs:
        del recruiter.host.members[recruiter.campaign][ref]


def delete(recruiter: Recruiter, ref: PersonRef) -> None:
    remove(recruiter, ref)
    del recruiter.host.persons[ref]


def change(recruiter: Recruiter, ref: PersonRef, **values: str | bool) -> None:
    persons = recruiter.host.persons
    persons[ref] = replace(persons[ref], **values)  # type: ignore[arg-type]


def merge(recruiter: Recruiter, ref: PersonRef, address: str) -> None:
    """The CRM merges a person into a new one, who takes their place in the campaign."""
    merged = replace(recruiter.host.persons[ref], ref=PersonRef(ref.kind, "new"), address=address)
    delete(recruiter, ref)
    recruiter.host.persons[merged.ref] = merged
    recruiter.host.add_to_campaign(recruiter.campaign, merged.ref)
