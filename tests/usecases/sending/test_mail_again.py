"""The same mail once more: for those who did not open it, and for those who were added later."""

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.standin.models import Campaign, subscriber_hash
from cxmc_ext.standin.service import engagement
from cxmc_ext.usecases.sending import mail_again
from cxmc_ext.usecases.sync import turn as sync_turn
from tests.support.crm_changes import come_due, come_near, remove, scheduled, tick_and_work
from tests.support.databases import on_both
from tests.support.erasure import sync_everything
from tests.support.recruiter import Recruiter

HOUR = 3600
TITLE = "Again: Vacatures week 48"
PEOPLE = [f"p{n}@people.example" for n in range(6)]


class SentMailing:
    """A campaign that was sent to six people, and what they do with the mail."""

    def __init__(self, recruiter: Recruiter) -> None:
        self.recruiter = recruiter
        self.refs = recruiter.add(*PEOPLE)
        self.send()

    def send(self) -> None:
        self.recruiter.send(preview_text="Lees wie we zoeken")
        self.recruiter.run_workers()
        self.sync()

    @property
    def remote(self) -> Campaign:
        return self.recruiter.remote_account.campaigns[self.recruiter.mailing.remote_id or ""]

    def open(self, *numbers: int, robot: bool = False) -> None:
        at = self.recruiter.standin.state.clock.now()
        for number in numbers:
            engagement.record_open(self.remote, subscriber_hash(PEOPLE[number]), at, robot)

    def sync(self) -> None:
        recruiter = self.recruiter
        session, now = recruiter.session, recruiter.services.clock()
        session.execute(update(Mailing).values(next_sync_at=now))
        session.execute(update(Account).values(change_checked_at=1))
        session.commit()
        sync_turn.run(recruiter.services, recruiter.mailing.id)

    def wait(self, hours: int) -> None:
        self.recruiter.standin.state.advance(hours * HOUR)

    def resend(self) -> mail_again.MailAgainAnswer:
        return mail_again.request_resend(self.recruiter.services, self.recruiter.press(), TITLE)

    def mail_additions(self) -> mail_again.MailAgainAnswer:
        press = self.recruiter.press()
        return mail_again.request_mail_additions(self.recruiter.services, press, "Later")

    def created(self, answer: mail_again.MailAgainAnswer) -> tuple[str, list[PersonRef]]:
        """The new campaign, and its people."""
        self.recruiter.run_workers()
        operation = self.recruiter.operation(answer.operation_id or 0)
        assert operation.state == "done", operation.problems
        ref = operation.payload["campaign_ref"]
        return ref, list(self.recruiter.host.members[ref])


@pytest.fixture
def sent(recruiter: Recruiter) -> SentMailing:
    return SentMailing(recruiter)


@pytest.mark.slow
@on_both
def test_those_who_did_not_open_become_a_campaign_with_the_same_mail(sent: SentMailing) -> None:
    recruiter = sent.recruiter
    sent.open(0)
    sent.open(1, robot=True)
    engagement.record_bounce(
        recruiter.standin.state,
        recruiter.remote_account,
        sent.remote,
        subscriber_hash(PEOPLE[2]),
        "hard",
        recruiter.services.clock(),
    )
    sent.sync()
    sent.open(3)  # not read yet
    sent.wait(hours=72)
    ref, people = sent.created(sent.resend())
    assert {person.id for person in people} == {sent.refs[n].id for n in (1, 4, 5)}
    assert recruiter.host.campaigns[ref].title == TITLE
    first = recruiter.mailing
    recruiter.campaign = ref
    second = recruiter.mailing
    assert (second.state, second.subject, second.from_email, second.template_id) == (
        "none", first.subject, first.from_email, first.template_id,
    )  # fmt: skip
    assert second.preview_text == "Lees wie we zoeken"
    assert (first.resend_id, second.resend_of_id) == (second.id, first.id)


def test_a_resend_ends_whatever_number_mailchimp_names(sent: SentMailing) -> None:
    session = sent.recruiter.session
    session.execute(update(Mailing).values(emails_sent=2**31 - 1))
    session.commit()
    sent.open(0)
    sent.wait(hours=72)
    before = len(sent.recruiter.remote_calls())
    _, people = sent.created(sent.resend())
    assert len(people) == len(PEOPLE) - 1
    width = sent.recruiter.services.settings.max_connections
    assert len(sent.recruiter.remote_calls()) - before <= width + 1


def test_a_resend_costs_one_call_per_thousand_recipients(sent: SentMailing) -> None:
    sent.wait(hours=72)
    before = len(sent.recruiter.remote_calls())
    sent.created(sent.resend())
    assert sent.recruiter.remote_calls()[before:] == ["human_activity_page"]


def test_there_is_one_resend_per_mailing(sent: SentMailing) -> None:
    sent.wait(hours=72)
    first, again = sent.resend(), sent.resend()
    assert first == again
    ref, _ = sent.created(first)
    assert sent.resend().campaign_ref == ref
    sent.recruiter.host.campaigns[ref] = None  # type: ignore[assignment]  # deleted in the CRM
    other, _ = sent.created(sent.resend())
    assert other != ref


def test_nobody_is_mailed_again_too_early(sent: SentMailing) -> None:
    sent.wait(hours=71)
    with pytest.raises(Conflict) as refused:
        sent.resend()
    assert refused.value.problem.code == "resend_too_early"


def test_what_is_stored_counts_when_mailchimp_has_no_report_any_more(sent: SentMailing) -> None:
    sent.open(0, 1, 2, 3, 4)
    sent.sync()
    sent.wait(hours=72)
    del sent.recruiter.remote_account.campaigns[sent.recruiter.mailing.remote_id or ""]
    _, people = sent.created(sent.resend())
    assert people == [sent.refs[5]]


def test_when_everybody_opened_it_there_is_nothing_to_do(sent: SentMailing) -> None:
    sent.open(*range(6))
    sent.wait(hours=72)
    operation_id = sent.resend().operation_id or 0
    sent.recruiter.run_workers()
    operation = sent.recruiter.operation(operation_id)
    assert (operation.state, operation.problems[0]["code"]) == ("failed", "everybody_opened")
    assert len(sent.recruiter.host.campaigns) == 1


@on_both
def test_both_mailings_together_have_one_rate(sent: SentMailing) -> None:
    recruiter = sent.recruiter
    sent.open(0, 1)
    sent.sync()
    sent.wait(hours=72)
    first = recruiter.campaign
    recruiter.campaign, _ = sent.created(sent.resend())
    sent.send()
    sent.open(2, 3)
    sent.sync()
    assert recruiter.mailing.report["opened_in_both"] == 4
    recruiter.campaign = first
    sent.open(3, 4)
    sent.sync()
    assert recruiter.mailing.report["opened_in_both"] == 5


def test_a_step_that_runs_twice_creates_one_campaign(sent: SentMailing) -> None:
    """The worker died after it had created the campaign."""
    sent.wait(hours=72)
    operation_id = sent.resend().operation_id or 0
    sent.recruiter.run_once(operation_id)
    session = sent.recruiter.session
    again = {"state": "running", "step": "create", "lease_until": 0.0}
    session.execute(update(Operation).where(Operation.id == operation_id).values(**again))
    session.commit()
    sent.recruiter.run_once(operation_id)
    assert len(sent.recruiter.host.campaigns) == 2


@on_both
def test_people_added_later_are_mailed_once(sent: SentMailing) -> None:
    recruiter, host = sent.recruiter, sent.recruiter.host
    first = recruiter.campaign
    later = recruiter.add("new@people.example")
    recruiter.add(PEOPLE[0])  # somebody else with an address that was mailed
    ref, people = sent.created(sent.mail_additions())
    assert people == later
    again, _ = sent.created(sent.mail_additions())
    assert again == ref
    third = recruiter.add("third@people.example")
    other, people = sent.created(sent.mail_additions())
    assert people == third
    recruiter.campaign = first
    assert recruiter.mailing.addition_ids == [
        recruiter.fetch_one(select(Mailing.id).where(Mailing.campaign_ref == each))
        for each in (ref, other)
    ]
    assert len(host.campaigns) == 3


@on_both
def test_two_people_with_one_address_who_were_added_one_after_the_other_get_one_mail(
    sent: SentMailing,
) -> None:
    sent.recruiter.add("new@people.example")
    first, _ = sent.created(sent.mail_additions())
    sent.recruiter.add(" New@people.example")
    again, people = sent.created(sent.mail_additions())
    assert again == first
    assert len(people) == 1


@on_both
def test_who_was_removed_before_it_was_sent_and_came_back_counts_as_added(
    recruiter: Recruiter,
) -> None:
    anna, _ = scheduled(recruiter, *PEOPLE[:2])
    come_near(recruiter)
    remove(recruiter, anna)
    tick_and_work(recruiter)
    recruiter.host.add_to_campaign(recruiter.campaign, anna)
    come_near(recruiter, 600)
    tick_and_work(recruiter)
    assert recruiter.mailing.campaign_changes["added"] == 1
    assert come_due(recruiter) == [PEOPLE[1]]
    sync_everything(recruiter)
    press = recruiter.press()
    answer = mail_again.request_mail_additions(recruiter.services, press, TITLE)
    recruiter.run_workers()
    ref = recruiter.operation(answer.operation_id or 0).payload["campaign_ref"]
    assert list(recruiter.host.members[ref]) == [anna]


def test_without_additions_there_is_nothing_to_do(sent: SentMailing) -> None:
    operation_id = sent.mail_additions().operation_id or 0
    sent.recruiter.run_workers()
    assert sent.recruiter.operation(operation_id).problems[0]["code"] == "nobody_added"
