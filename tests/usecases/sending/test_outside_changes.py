"""The world changes while a campaign is being made: opt-outs, other hands, other keys."""

from collections.abc import Callable
from typing import Any

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY, OTHER_KEY
from cxmc_ext.usecases.accounts import connection_requests
from cxmc_ext.usecases.shared import api_keys
from tests.support.recruiter import Callback, Recruiter, new_campaign_case


def test_somebody_in_the_segment_who_is_no_recipient_stops_it(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    recruiter.add("vreemd@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    new_campaign_case(recruiter)

    def intrude() -> None:
        audience = _audience(recruiter)
        segment = list(audience.segments.values())[-1]
        stranger = next(m for m in audience.members.values() if "vreemd" in m.email_address)
        segment.members[stranger.id] = 0
        stranger.tags[str(segment.id)] = 0

    before = recruiter.mailed_addresses
    before_step("check_segment", intrude)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["unknown_recipient"]
    assert recruiter.mailed_addresses == before


def test_a_member_who_leaves_after_the_push_is_left_out_with_the_reason(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    recruiter.add("anna@kandidaten.example", "bram@kandidaten.example")

    def leave() -> None:
        member = next(m for m in _audience(recruiter).members.values() if "bram" in m.email_address)
        member.status = "unsubscribed"

    before_step("check_segment", leave)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]
    assert recruiter.exclusion_reasons()["bram@kandidaten.example"] == "unsubscribed"


def test_a_template_deleted_meanwhile_is_told(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(recruiter)
    before_step("content", lambda: _account(recruiter).templates.pop("10001"))
    recruiter.send()
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.NOT_READY,
        ["template_gone"],
    )
    assert recruiter.mailed_addresses == []


def test_a_draft_deleted_by_hand_stops_it(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(recruiter)
    before_step("verify", lambda: _account(recruiter).campaigns.clear())
    recruiter.send()
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["draft_gone"],
    )
    recruiter.delete()
    recruiter.run_workers()
    assert recruiter.mailing.state == MailingState.NONE


def test_a_campaign_deleted_by_hand_after_a_lost_send_is_never_sent_again(
    recruiter: Recruiter,
) -> None:
    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_after")
    recruiter.send()
    recruiter.queue.run_all()
    before = recruiter.mailed_addresses
    _account(recruiter).campaigns.clear()
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["gone_unknown"],
    )
    recruiter.retry()
    recruiter.run_workers()
    pressed = recruiter.delete()
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "failed"
    assert recruiter.mailing.state == MailingState.ATTENTION
    assert recruiter.mailed_addresses == before


def test_sent_by_hand_before_our_send_is_one_mail_and_followed(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    this = new_campaign_case(recruiter)

    def by_hand() -> None:
        client = _client(recruiter)
        client.send(recruiter.mailing.remote_id or "")

    before_step("verify", by_hand)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == this.expected
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["sent_by_hand"],
    )
    assert recruiter.mailing.next_sync_at is not None


def test_a_changed_subject_is_allowed_and_kept(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    this = new_campaign_case(recruiter)

    def edit() -> None:
        (campaign,) = _campaigns(recruiter)
        campaign.settings["subject_line"] = "Van de hand van Rosa"

    before_step("verify", edit)
    recruiter.send()
    recruiter.run_workers()
    this.check()
    assert recruiter.mailing.subject == "Van de hand van Rosa"


def test_changed_recipients_stop_it(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(recruiter)

    def widen() -> None:
        (campaign,) = _campaigns(recruiter)
        campaign.segment_opts = {}

    before_step("verify", widen)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() in (["recipients_changed"], ["too_many"])
    assert recruiter.mailed_addresses == []


def test_a_deleted_audience_stops_it(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.send()
    _account(recruiter).lists.pop(recruiter.account.list_id)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["audience_gone"],
    )


def test_a_key_revoked_midway_stops_it_and_a_new_one_finishes_it(recruiter: Recruiter) -> None:
    this = new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("PUT /campaigns/*/content", "401")
    recruiter.send()
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.ATTENTION,
        ["key_refused"],
    )
    admin = recruiter.host.users["admin"][0]
    connection_requests.request_connection(
        recruiter.services, Press(admin, recruiter.next_nonce()), DEMO_KEY, None
    )
    recruiter.run_workers()
    recruiter.retry()
    recruiter.run_workers()
    this.check()


def test_the_key_of_another_account_is_not_used_beyond_the_first_look(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.send()
    session = recruiter.session
    other = recruiter.account
    sealed = api_keys.seal(recruiter.services, other.id, OTHER_KEY)
    session.get_one(Account, other.id).sealed_key = sealed
    session.commit()
    before = len(recruiter.remote_calls())
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["other_account"]
    assert recruiter.remote_calls()[before:] == ["account"]


def test_who_lost_the_right_to_send_does_not(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(recruiter)
    user = recruiter.user

    def dismiss() -> None:
        recruiter.host.users[user.id] = (user, frozenset())

    before_step("draft", dismiss)
    pressed = recruiter.send()
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert recruiter.mailing.state == MailingState.NOT_READY
    assert "create_campaign" not in recruiter.remote_calls()


def test_a_crm_campaign_deleted_before_the_worker_came_is_not_sent(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    pressed = recruiter.send()
    del recruiter.host.campaigns[recruiter.campaign]
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert recruiter.mailed_addresses == []


def test_people_added_while_it_is_made_wait_for_the_next_campaign(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None]
) -> None:
    this = new_campaign_case(recruiter)
    before_step("subscribe_new", lambda: recruiter.add("later@kandidaten.example"))
    recruiter.send()
    recruiter.run_workers()
    this.check()
    assert "later@kandidaten.example" not in recruiter.mailed_addresses


def test_a_busy_account_slows_the_others_of_the_key_down(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.standin.state.faults.add("POST /campaigns", "429_retry_after", retry_after=120)
    recruiter.send()
    recruiter.queue.run_all()
    new_campaign_case(recruiter)
    second = recruiter.send()
    before = len(recruiter.remote_calls())
    recruiter.queue.run_all()
    assert recruiter.operation(second).state == "waiting"
    assert recruiter.operation(second).problems[0]["code"] == "waiting_throttled"
    assert len(recruiter.remote_calls()) == before
    recruiter.run_workers()
    assert len(recruiter.mailed_addresses) == 4


def _account(recruiter: Recruiter) -> Any:
    return recruiter.standin.state.accounts[DEMO_ACCOUNT]


def _audience(recruiter: Recruiter) -> Any:
    return _account(recruiter).lists[recruiter.account.list_id]


def _campaigns(recruiter: Recruiter) -> list[Any]:
    return list(_account(recruiter).campaigns.values())


def _client(recruiter: Recruiter) -> Any:
    return recruiter.services.client_factory(DEMO_KEY, 99)
