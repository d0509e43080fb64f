"""What the CRM changes between freezing a campaign and sending it: removals, deletions, corrections."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.usecases.admin import control_room
from tests.support.crm_changes import (
    change,
    come_due,
    come_near,
    delete,
    merge,
    remove,
    scheduled,
    tick_and_work,
)
from tests.support.recruiter import Callback, Recruiter
from tests.support.steps import act_before_step

pytestmark = pytest.mark.slow

ANNA, BRAM, CARL = (f"{name}@kandidaten.example" for name in ("anna", "bram", "carl"))
NEW = "anna@nieuw.example"


CHANGES: dict[str, tuple[Callable[[Recruiter, PersonRef], object], list[str], str | None]] = {
    "removed": (remove, [BRAM], "removed"),
    "deleted": (delete, [BRAM], "removed"),
    "corrected": (lambda r, ref: change(r, ref, address=NEW), [NEW, BRAM], None),
    "corrected to an IDN": (
        lambda r, ref: change(r, ref, address="anna@müller.example"),
        ["anna@xn--mller-kva.example", BRAM],
        None,
    ),
    "address emptied": (lambda r, ref: change(r, ref, address=""), [BRAM], "no_address"),
    "address made invalid": (
        lambda r, ref: change(r, ref, address="anna@"),
        [BRAM],
        "invalid_address",
    ),
    "another recipient's address": (
        lambda r, ref: change(r, ref, address=f" {BRAM.upper()}"),
        [BRAM],
        "duplicate",
    ),
    "merged, same address": (lambda r, ref: merge(r, ref, ANNA), [ANNA, BRAM], None),
    "merged, other address": (lambda r, ref: merge(r, ref, NEW), [BRAM], "removed"),
    "in a NoMailing group": (
        lambda r, ref: change(r, ref, mailed_despite_no_mailing=True),
        [ANNA, BRAM],
        None,
    ),
}


@pytest.mark.parametrize("name", list(CHANGES))
def test_a_scheduled_campaign_follows_the_crm(recruiter: Recruiter, name: str) -> None:
    act, expected, _ = CHANGES[name]
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    at = recruiter.mailing.schedule_at
    act(recruiter, anna)
    come_near(recruiter)
    tick_and_work(recruiter)
    mailing = recruiter.mailing
    assert (mailing.state, mailing.schedule_at) == (MailingState.SCHEDULED, at)
    assert mailing.mailable_count == len(expected)
    assert come_due(recruiter) == sorted(expected)


@pytest.mark.parametrize("step", ["existing_members", "intent"])
@pytest.mark.parametrize("name", list(CHANGES))
def test_a_send_follows_the_crm_until_the_intent(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None], name: str, step: str
) -> None:
    act, expected, reason = CHANGES[name]
    anna, _ = recruiter.add(ANNA, BRAM)
    before_step(step, lambda: act(recruiter, anna))
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == sorted(expected)
    assert recruiter.mailing.counts["reason"] == ({reason: 1} if reason else {})


def test_a_removal_while_it_is_not_certain_that_the_send_was_accepted(
    recruiter: Recruiter,
) -> None:
    anna, _ = recruiter.add(ANNA, BRAM)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_before")
    recruiter.send()
    recruiter.queue.run_all()
    remove(recruiter, anna)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["recipients_changed_meanwhile"],
    )
    assert recruiter.mailed_addresses == []
    recruiter.retry()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BRAM]


def test_try_again_leaves_out_who_was_removed_since_the_failure(recruiter: Recruiter) -> None:
    anna, _ = recruiter.add(ANNA, BRAM)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "403")
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NOT_READY
    remove(recruiter, anna)
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BRAM]


def test_a_merged_person_who_had_no_address_takes_over_the_address(recruiter: Recruiter) -> None:
    anna, _, nobody = scheduled(recruiter, ANNA, BRAM, "")
    delete(recruiter, anna)
    change(recruiter, nobody, address=ANNA)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [ANNA, BRAM]


@pytest.mark.parametrize("act", [remove, delete], ids=["removed", "deleted"])
def test_the_duplicate_of_a_removed_person_is_mailed(
    recruiter: Recruiter, act: Callable[[Recruiter, PersonRef], None]
) -> None:
    first, _, _ = scheduled(recruiter, ANNA, BRAM, ANNA)
    act(recruiter, first)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [ANNA, BRAM]


def test_a_corrected_person_frees_their_duplicate(recruiter: Recruiter) -> None:
    first, _ = scheduled(recruiter, ANNA, ANNA)
    change(recruiter, first, address=NEW)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [ANNA, NEW]
    assert recruiter.exclusion_reasons() == {ANNA: None, NEW: None}


def test_two_people_who_swap_addresses_are_both_mailed(recruiter: Recruiter) -> None:
    anna, bram = scheduled(recruiter, ANNA, BRAM)
    change(recruiter, anna, address=BRAM)
    change(recruiter, bram, address=ANNA)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [ANNA, BRAM]


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "archived", "pending"])
def test_a_corrected_address_that_mailchimp_may_not_mail_is_left_out(
    recruiter: Recruiter, status: str
) -> None:
    """Nobody's subscription is switched on again, at a new address either."""
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    change(recruiter, anna, address=CARL)
    member = next(iter(recruiter.audience.members.values()))
    other_id = hashlib.md5(CARL.encode()).hexdigest()
    other = replace(member, id=other_id, email_address=CARL, status=status, tags={})
    recruiter.audience.members[other_id] = other
    come_near(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [BRAM]
    # Each check reads first who left the audience, so an unsubscribe is an opt-out by then.
    reason = "opted_out" if status == "unsubscribed" else status
    assert recruiter.exclusion_reasons()[CARL] == reason


def test_a_corrected_address_of_somebody_who_opted_out_is_left_out(recruiter: Recruiter) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    recruiter.opt_out(recruiter.host.add_person(CARL))
    change(recruiter, anna, address=CARL)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [BRAM]
    assert recruiter.exclusion_reasons()[CARL] == "opted_out"


def test_people_who_are_added_after_scheduling_are_not_mailed(recruiter: Recruiter) -> None:
    scheduled(recruiter, ANNA)
    recruiter.add(BRAM)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert "unschedule" not in recruiter.remote_calls()
    assert recruiter.mailing.campaign_changes["added"] == 1
    assert come_due(recruiter) == [ANNA]


def test_people_who_are_added_are_not_mailed_when_it_is_rebuilt_either(
    recruiter: Recruiter,
) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    recruiter.add(CARL)
    remove(recruiter, anna)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert recruiter.mailing.campaign_changes["added"] == 1
    assert come_due(recruiter) == [BRAM]


def test_when_everyone_is_removed_nothing_stays_scheduled(recruiter: Recruiter) -> None:
    refs = scheduled(recruiter, ANNA, BRAM)
    remove(recruiter, *refs)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.NOT_READY,
        ["nobody_to_mail"],
    )
    assert come_due(recruiter) == []


def test_a_scheduled_campaign_that_is_deleted_in_the_crm_is_unscheduled(
    recruiter: Recruiter,
) -> None:
    scheduled(recruiter, ANNA, BRAM)
    del recruiter.host.campaigns[recruiter.campaign]
    come_near(recruiter)
    tick_and_work(recruiter)
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["campaign_gone_unscheduled"],
    )
    assert come_due(recruiter) == []


def test_changes_before_three_checks_in_a_row_are_all_followed(recruiter: Recruiter) -> None:
    anna, bram, carl, _ = scheduled(recruiter, ANNA, BRAM, CARL, "dora@kandidaten.example")
    come_near(recruiter, 1190)
    remove(recruiter, anna)
    tick_and_work(recruiter)
    come_near(recruiter, 900)
    change(recruiter, bram, address=NEW)
    tick_and_work(recruiter)
    come_near(recruiter, 600)
    delete(recruiter, carl)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [NEW, "dora@kandidaten.example"]


def test_people_who_keep_changing_end_in_attention(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    remaining = iter(recruiter.add(*[f"p{number}@kandidaten.example" for number in range(9)]))
    act_before_step(monkeypatch, "intent", lambda: remove(recruiter, next(remaining)), once=False)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["recipients_keep_changing"]
    assert recruiter.mailed_addresses == []


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429"])
@pytest.mark.parametrize(
    "match",
    [
        "POST /campaigns/*/actions/unschedule",
        "DELETE /campaigns/*",
        "POST /lists/*",
        "POST /campaigns/*/actions/schedule",
    ],
)
def test_trouble_meanwhile_never_mails_the_old_address(
    recruiter: Recruiter, match: str, kind: str
) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    change(recruiter, anna, address=NEW)
    come_near(recruiter)
    recruiter.standin.state.faults.add(match, kind)
    tick_and_work(recruiter)
    assert come_due(recruiter) == sorted([NEW, BRAM])


def test_without_a_change_nothing_is_called_and_nothing_rebuilt(recruiter: Recruiter) -> None:
    scheduled(recruiter, ANNA, BRAM)
    before = recruiter.mailing.remote_id
    come_near(recruiter)
    tick_and_work(recruiter)
    assert recruiter.mailing.remote_id == before
    assert "unschedule" not in recruiter.remote_calls()


def test_late_checks_go_on_while_reading_is_paused(recruiter: Recruiter) -> None:
    anna, _ = scheduled(recruiter, ANNA, BRAM)
    control_room.pause(recruiter.services, recruiter.user)
    remove(recruiter, anna)
    come_near(recruiter)
    tick_and_work(recruiter)
    assert come_due(recruiter) == [BRAM]
