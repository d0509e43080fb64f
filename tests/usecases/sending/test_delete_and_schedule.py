"""“Delete campaign”, “Create and schedule” and “Unschedule”."""

import pytest
from sqlalchemy import update

from cxmc_ext import Notice, signals
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from tests.support.recruiter import Recruiter, new_campaign_case


def not_ready(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.send(from_email="info@nieuwedomein.example")
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NOT_READY


def slot(recruiter: Recruiter, quarters: int = 3) -> int:
    return (recruiter.services.clock() // 900 + quarters) * 900


def scheduled(recruiter: Recruiter, quarters: int = 3) -> None:
    new_campaign_case(recruiter)
    recruiter.send(schedule_at=slot(recruiter, quarters))
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.SCHEDULED, recruiter.mailing.problems


def remains(recruiter: Recruiter) -> tuple[int, int]:
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    return len(account.campaigns), len(account.lists[recruiter.account.list_id].segments)


def test_deleting_frees_the_form_and_keeps_its_values(recruiter: Recruiter) -> None:
    not_ready(recruiter)
    pressed = recruiter.delete()
    recruiter.run_workers()
    mailing = recruiter.mailing
    assert recruiter.operation(pressed).state == "done"
    assert (mailing.state, mailing.remote_id, mailing.people_count) == (MailingState.NONE, None, 0)
    assert (mailing.subject, mailing.from_email) == (
        "Nieuwe vacatures",
        "info@nieuwedomein.example",
    )
    assert mailing.generation == 1
    assert recruiter.exclusion_reasons() == {}
    assert remains(recruiter) == (0, 0)


def test_only_what_was_scheduled_is_told_as_unscheduled(recruiter: Recruiter) -> None:
    told = list[Notice]()

    def listen(_app: object, notice: Notice) -> None:
        told.append(notice)

    with signals.unscheduled.connected_to(listen):
        not_ready(recruiter)
        recruiter.delete()
        recruiter.run_workers()
        assert told == []
        recruiter.send(schedule_at=slot(recruiter))
        recruiter.run_workers()
        recruiter.unschedule()
        recruiter.run_workers()
    assert [notice.campaign_ref for notice in told] == [recruiter.campaign]


def test_after_deleting_one_can_start_over(recruiter: Recruiter) -> None:
    not_ready(recruiter)
    recruiter.delete()
    recruiter.run_workers()
    recruiter.send()
    recruiter.run_workers()
    assert len(recruiter.mailed_addresses) == 2


def test_a_sent_campaign_cannot_be_deleted(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.send()
    recruiter.run_workers()
    with pytest.raises(Conflict) as told:
        recruiter.delete()
    assert told.value.problem.code == "already_sent"
    assert remains(recruiter)[0] == 1


def test_a_campaign_sent_by_hand_in_the_meantime_is_not_deleted_but_followed(
    recruiter: Recruiter,
) -> None:
    not_ready(recruiter)
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    account.domains["nieuwedomein.example"].verified = True
    client = recruiter.services.client_factory(DEMO_KEY, 99)
    client.send(recruiter.mailing.remote_id or "")
    pressed = recruiter.delete()
    recruiter.run_workers()
    assert recruiter.operation(pressed).problems[0]["code"] == "already_sent"
    assert recruiter.mailing.state in (MailingState.SENDING, MailingState.SENT)
    assert remains(recruiter)[0] == 1


def test_nothing_created_is_nothing_to_delete(recruiter: Recruiter) -> None:
    with pytest.raises(Conflict) as told:
        recruiter.delete()
    assert told.value.problem.code == "nothing_to_delete"


def test_what_never_came_to_mailchimp_is_deleted_without_a_call(recruiter: Recruiter) -> None:
    recruiter.add("geen adres")
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["nobody_to_mail"]
    before = len(recruiter.remote_calls())
    recruiter.delete()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert len(recruiter.remote_calls()) == before


def test_send_and_delete_at_once_is_a_conflict_for_the_second(recruiter: Recruiter) -> None:
    not_ready(recruiter)
    recruiter.delete()
    with pytest.raises(Conflict) as told:
        recruiter.check()
    assert told.value.problem.code == "busy"
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE


@pytest.mark.slow
@pytest.mark.parametrize(
    "match", ["GET /", "GET /campaigns/*", "DELETE /campaigns/*", "DELETE /lists/*/segments/*"]
)
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "malformed"])
def test_trouble_while_deleting_leaves_nothing_behind(
    recruiter: Recruiter, match: str, kind: str
) -> None:
    not_ready(recruiter)
    recruiter.standin.state.faults.add(match, kind)
    recruiter.delete()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert remains(recruiter) == (0, 0)


def test_a_draft_whose_creation_was_never_answered_is_found_and_deleted(
    recruiter: Recruiter,
) -> None:
    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns", "reset_after")
    recruiter.standin.state.faults.add("GET /campaigns", "400")
    recruiter.send()
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.mailing.remote_id) == (MailingState.NOT_READY, None)
    assert remains(recruiter) == (1, 1)
    recruiter.delete()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert remains(recruiter) == (0, 0)


def test_create_and_schedule_is_sent_by_mailchimp_at_its_time(recruiter: Recruiter) -> None:
    scheduled(recruiter)
    mailing = recruiter.mailing
    assert mailing.remote_status == "schedule"
    assert recruiter.mailed_addresses == []
    recruiter.standin.state.advance(3600)
    assert len(recruiter.services.client_factory(DEMO_KEY, 9).templates()) > 0
    assert len(recruiter.mailed_addresses) == 2


@pytest.mark.parametrize("offset", [0, 60, -3600, 17 * 60])
def test_a_time_that_does_not_do_is_refused_in_the_form(recruiter: Recruiter, offset: int) -> None:
    new_campaign_case(recruiter)
    with pytest.raises(Invalid) as told:
        recruiter.send(schedule_at=recruiter.services.clock() // 900 * 900 + offset)
    assert "schedule_at" in told.value.fields


def test_a_missed_time_is_never_sent_now(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.send(schedule_at=slot(recruiter, 2))
    session = recruiter.session
    session.execute(update(Operation).values(deadline=10**12))
    session.commit()
    recruiter.standin.state.advance(3600)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["schedule_passed"],
    )
    assert recruiter.mailed_addresses == []
    recruiter.delete()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "delayed", "429"])
def test_a_lost_answer_to_schedule_is_read_not_repeated(recruiter: Recruiter, kind: str) -> None:
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/schedule", kind, seconds=0.1)
    scheduled(recruiter)
    recruiter.standin.state.advance(3600)
    recruiter.services.client_factory(DEMO_KEY, 9).templates()
    assert len(recruiter.mailed_addresses) == 2


def test_unschedule_calls_it_back_and_frees_the_form(recruiter: Recruiter) -> None:
    scheduled(recruiter)
    pressed = recruiter.unschedule()
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "done"
    assert recruiter.mailing.state == MailingState.NONE
    assert remains(recruiter) == (0, 0)
    recruiter.standin.state.advance(7200)
    recruiter.services.client_factory(DEMO_KEY, 9).templates()
    assert recruiter.mailed_addresses == []


def test_a_scheduled_campaign_can_be_deleted(recruiter: Recruiter) -> None:
    scheduled(recruiter)
    recruiter.delete()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert remains(recruiter) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429"])
@pytest.mark.parametrize("match", ["POST /campaigns/*/actions/unschedule", "DELETE /campaigns/*"])
def test_trouble_while_unscheduling_still_calls_it_back(
    recruiter: Recruiter, match: str, kind: str
) -> None:
    scheduled(recruiter)
    recruiter.standin.state.faults.add(match, kind)
    recruiter.unschedule()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert remains(recruiter) == (0, 0)


@pytest.mark.slow
def test_try_again_after_a_failed_unschedule_unschedules_and_never_sends(
    recruiter: Recruiter,
) -> None:
    scheduled(recruiter)
    recruiter.standin.state.faults.add("DELETE /campaigns/*", "400")
    pressed = recruiter.unschedule()
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "failed"
    assert recruiter.mailing.state == MailingState.SCHEDULED
    recruiter.unschedule()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE
    assert recruiter.mailed_addresses == []


def test_only_a_scheduled_campaign_can_be_unscheduled(recruiter: Recruiter) -> None:
    not_ready(recruiter)
    with pytest.raises(Conflict) as told:
        recruiter.unschedule()
    assert told.value.problem.code == "not_scheduled"


def test_too_late_to_unschedule_what_is_being_sent(recruiter: Recruiter) -> None:
    scheduled(recruiter)
    recruiter.standin.state.advance(3600)
    pressed = recruiter.unschedule()
    recruiter.run_workers()
    assert recruiter.operation(pressed).problems[0]["code"] == "already_sent"
    assert recruiter.mailing.state in (MailingState.SENDING, MailingState.SENT)
    assert len(recruiter.mailed_addresses) == 2
