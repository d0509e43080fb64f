"""“Delete campaign”, “Create and schedule” and “Unschedule”."""

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from tests.support.recruiter import Recruiter, new_campaign_case


def not_ready(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.send(from_email="info@nieuwedomein.example")
    desk.run_workers()
    assert desk.mailing.state == MailingState.NOT_READY


def slot(desk: Recruiter, quarters: int = 3) -> int:
    return (desk.services.clock() // 900 + quarters) * 900


def scheduled(desk: Recruiter, quarters: int = 3) -> None:
    new_campaign_case(desk)
    desk.send(schedule_at=slot(desk, quarters))
    desk.run_workers()
    assert desk.mailing.state == MailingState.SCHEDULED, desk.mailing.problems


def remains(desk: Recruiter) -> tuple[int, int]:
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    return len(account.campaigns), len(account.lists[desk.account().list_id].segments)


def test_deleting_frees_the_form_and_keeps_its_values(desk: Recruiter) -> None:
    not_ready(desk)
    pressed = desk.delete()
    desk.run_workers()
    mailing = desk.mailing
    assert desk.operation(pressed).state == "done"
    assert (mailing.state, mailing.remote_id, mailing.people_count) == (MailingState.NONE, None, 0)
    assert (mailing.subject, mailing.from_email) == (
        "Nieuwe vacatures",
        "info@nieuwedomein.example",
    )
    assert mailing.generation == 1
    assert desk.exclusion_reasons() == {}
    assert remains(desk) == (0, 0)


def test_after_deleting_one_can_start_over(desk: Recruiter) -> None:
    not_ready(desk)
    desk.delete()
    desk.run_workers()
    desk.send()
    desk.run_workers()
    assert len(desk.mailed_addresses) == 2


def test_a_sent_campaign_cannot_be_deleted(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.send()
    desk.run_workers()
    with pytest.raises(Conflict) as told:
        desk.delete()
    assert told.value.problem.code == "already_sent"
    assert remains(desk)[0] == 1


def test_a_campaign_sent_by_hand_in_the_meantime_is_not_deleted_but_followed(
    desk: Recruiter,
) -> None:
    not_ready(desk)
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    account.domains["nieuwedomein.example"].verified = True
    client = desk.services.client_factory(DEMO_KEY, 99)
    client.send(desk.mailing.remote_id or "")
    pressed = desk.delete()
    desk.run_workers()
    assert desk.operation(pressed).problems[0]["code"] == "already_sent"
    assert desk.mailing.state in (MailingState.SENDING, MailingState.SENT)
    assert remains(desk)[0] == 1


def test_nothing_created_is_nothing_to_delete(desk: Recruiter) -> None:
    with pytest.raises(Conflict) as told:
        desk.delete()
    assert told.value.problem.code == "nothing_to_delete"


def test_what_never_came_to_mailchimp_is_deleted_without_a_call(desk: Recruiter) -> None:
    desk.add("geen adres")
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() == ["nobody_to_mail"]
    before = len(desk.remote_calls())
    desk.delete()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE
    assert len(desk.remote_calls()) == before


def test_send_and_delete_at_once_is_a_conflict_for_the_second(desk: Recruiter) -> None:
    not_ready(desk)
    desk.delete()
    with pytest.raises(Conflict) as told:
        desk.check()
    assert told.value.problem.code == "busy"
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE


@pytest.mark.parametrize(
    "match", ["GET /", "GET /campaigns/*", "DELETE /campaigns/*", "DELETE /lists/*/segments/*"]
)
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "malformed"])
def test_trouble_while_deleting_leaves_nothing_behind(
    desk: Recruiter, match: str, kind: str
) -> None:
    not_ready(desk)
    desk.standin.state.faults.add(match, kind)
    desk.delete()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE
    assert remains(desk) == (0, 0)


def test_a_draft_whose_creation_was_never_answered_is_found_and_deleted(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns", "reset_after")
    desk.standin.state.faults.add("GET /campaigns", "400")
    desk.send()
    desk.run_workers()
    assert (desk.mailing.state, desk.mailing.remote_id) == (MailingState.NOT_READY, None)
    assert remains(desk) == (1, 1)
    desk.delete()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE
    assert remains(desk) == (0, 0)


def test_create_and_schedule_is_sent_by_mailchimp_at_its_time(desk: Recruiter) -> None:
    scheduled(desk)
    mailing = desk.mailing
    assert mailing.remote_status == "schedule"
    assert desk.mailed_addresses == []
    desk.standin.state.advance(3600)
    assert len(desk.services.client_factory(DEMO_KEY, 9).templates()) > 0
    assert len(desk.mailed_addresses) == 2


@pytest.mark.parametrize("offset", [0, 60, -3600, 17 * 60])
def test_a_time_that_does_not_do_is_refused_in_the_form(desk: Recruiter, offset: int) -> None:
    new_campaign_case(desk)
    with pytest.raises(Invalid) as told:
        desk.send(schedule_at=desk.services.clock() // 900 * 900 + offset)
    assert "schedule_at" in told.value.fields


def test_a_missed_time_is_never_sent_now(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.send(schedule_at=slot(desk, 2))
    session = desk.session
    session.execute(update(Operation).values(deadline=10**12))
    session.commit()
    desk.standin.state.advance(3600)
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.ATTENTION,
        ["schedule_passed"],
    )
    assert desk.mailed_addresses == []
    desk.delete()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "delayed", "429"])
def test_a_lost_answer_to_schedule_is_read_not_repeated(desk: Recruiter, kind: str) -> None:
    desk.standin.state.faults.add("POST /campaigns/*/actions/schedule", kind, seconds=0.1)
    scheduled(desk)
    desk.standin.state.advance(3600)
    desk.services.client_factory(DEMO_KEY, 9).templates()
    assert len(desk.mailed_addresses) == 2


def test_unschedule_calls_it_back_and_frees_the_form(desk: Recruiter) -> None:
    scheduled(desk)
    pressed = desk.unschedule()
    desk.run_workers()
    assert desk.operation(pressed).state == "done"
    assert desk.mailing.state == MailingState.NONE
    assert remains(desk) == (0, 0)
    desk.standin.state.advance(7200)
    desk.services.client_factory(DEMO_KEY, 9).templates()
    assert desk.mailed_addresses == []


def test_a_scheduled_campaign_can_be_deleted(desk: Recruiter) -> None:
    scheduled(desk)
    desk.delete()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE
    assert remains(desk) == (0, 0)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429"])
@pytest.mark.parametrize("match", ["POST /campaigns/*/actions/unschedule", "DELETE /campaigns/*"])
def test_trouble_while_unscheduling_still_calls_it_back(
    desk: Recruiter, match: str, kind: str
) -> None:
    scheduled(desk)
    desk.standin.state.faults.add(match, kind)
    desk.unschedule()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE
    assert remains(desk) == (0, 0)


def test_try_again_after_a_failed_unschedule_unschedules_and_never_sends(desk: Recruiter) -> None:
    scheduled(desk)
    desk.standin.state.faults.add("DELETE /campaigns/*", "400")
    pressed = desk.unschedule()
    desk.run_workers()
    assert desk.operation(pressed).state == "failed"
    assert desk.mailing.state == MailingState.SCHEDULED
    desk.unschedule()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE
    assert desk.mailed_addresses == []


def test_only_a_scheduled_campaign_can_be_unscheduled(desk: Recruiter) -> None:
    not_ready(desk)
    with pytest.raises(Conflict) as told:
        desk.unschedule()
    assert told.value.problem.code == "not_scheduled"


def test_too_late_to_unschedule_what_is_being_sent(desk: Recruiter) -> None:
    scheduled(desk)
    desk.standin.state.advance(3600)
    pressed = desk.unschedule()
    desk.run_workers()
    assert desk.operation(pressed).problems[0]["code"] == "already_sent"
    assert desk.mailing.state in (MailingState.SENDING, MailingState.SENT)
    assert len(desk.mailed_addresses) == 2
