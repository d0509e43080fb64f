"""The world changes while a campaign is being made: opt-outs, other hands, other keys."""

from collections.abc import Callable
from typing import Any

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY, OTHER_KEY
from cxmc_ext.usecases.accounts import connection_requests
from cxmc_ext.usecases.shared import api_keys
from tests.support.recruiter import Callback, Recruiter, new_campaign_case


def test_somebody_in_the_segment_who_is_no_recipient_stops_it(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    desk.add("vreemd@kandidaten.example")
    desk.send()
    desk.run_workers()
    new_campaign_case(desk)

    def intrude() -> None:
        audience = _audience(desk)
        segment = list(audience.segments.values())[-1]
        stranger = next(m for m in audience.members.values() if "vreemd" in m.email_address)
        segment.members[stranger.id] = 0
        stranger.tags[str(segment.id)] = 0

    before = desk.mailed_addresses
    meanwhile("check_segment", intrude)
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() == ["stranger"]
    assert desk.mailed_addresses == before


def test_a_member_who_leaves_after_the_push_is_left_out_with_the_reason(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    desk.add("anna@kandidaten.example", "bram@kandidaten.example")

    def leave() -> None:
        member = next(m for m in _audience(desk).members.values() if "bram" in m.email_address)
        member.status = "unsubscribed"

    meanwhile("check_segment", leave)
    desk.send()
    desk.run_workers()
    assert desk.mailed_addresses == ["anna@kandidaten.example"]
    assert desk.exclusion_reasons()["bram@kandidaten.example"] == "unsubscribed"


def test_a_template_deleted_meanwhile_is_told(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(desk)
    meanwhile("fill", lambda: _account(desk).templates.pop("10001"))
    desk.send()
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (MailingState.NOT_READY, ["template_gone"])
    assert desk.mailed_addresses == []


def test_a_draft_deleted_by_hand_stops_it(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(desk)
    meanwhile("verify", lambda: _account(desk).campaigns.clear())
    desk.send()
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (MailingState.ATTENTION, ["draft_gone"])
    desk.delete()
    desk.run_workers()
    assert desk.mailing.state == MailingState.NONE


def test_a_campaign_deleted_by_hand_after_a_lost_send_is_never_sent_again(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns/*/actions/send", "reset_after")
    desk.send()
    desk.queue.run_all()
    before = desk.mailed_addresses
    _account(desk).campaigns.clear()
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (MailingState.ATTENTION, ["gone_unknown"])
    desk.retry()
    desk.run_workers()
    pressed = desk.delete()
    desk.run_workers()
    assert desk.operation(pressed).state == "failed"
    assert desk.mailing.state == MailingState.ATTENTION
    assert desk.mailed_addresses == before


def test_sent_by_hand_before_our_send_is_one_mail_and_followed(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    this = new_campaign_case(desk)

    def by_hand() -> None:
        client = _client(desk)
        client.send(desk.mailing.remote_id or "")

    meanwhile("verify", by_hand)
    desk.send()
    desk.run_workers()
    assert desk.mailed_addresses == this.expected
    assert (desk.mailing.state, desk.problem_codes()) == (MailingState.ATTENTION, ["sent_by_hand"])
    assert desk.mailing.next_sync_at is not None


def test_a_changed_subject_is_allowed_and_kept(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    this = new_campaign_case(desk)

    def edit() -> None:
        (campaign,) = _campaigns(desk)
        campaign.settings["subject_line"] = "Van de hand van Rosa"

    meanwhile("verify", edit)
    desk.send()
    desk.run_workers()
    this.check()
    assert desk.mailing.subject == "Van de hand van Rosa"


def test_changed_recipients_stop_it(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(desk)

    def widen() -> None:
        (campaign,) = _campaigns(desk)
        campaign.segment_opts = {}

    meanwhile("verify", widen)
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() in (["recipients_changed"], ["too_many"])
    assert desk.mailed_addresses == []


def test_a_deleted_audience_stops_it(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.send()
    _account(desk).lists.pop(desk.account().list_id)
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (MailingState.ATTENTION, ["audience_gone"])


def test_a_key_revoked_midway_stops_it_and_a_new_one_finishes_it(desk: Recruiter) -> None:
    this = new_campaign_case(desk)
    desk.standin.state.faults.add("PUT /campaigns/*/content", "401")
    desk.send()
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (MailingState.ATTENTION, ["key_refused"])
    admin = desk.host.users["admin"][0]
    connection_requests.request_connection(desk.services, admin, desk.next_nonce(), DEMO_KEY, None)
    desk.run_workers()
    desk.retry()
    desk.run_workers()
    this.check()


def test_the_key_of_another_account_is_not_used_beyond_the_first_look(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.send()
    session = desk.session
    other = desk.account()
    sealed = api_keys.seal(desk.services, other.id, OTHER_KEY)
    session.get_one(Account, other.id).sealed_key = sealed
    session.commit()
    before = len(desk.remote_calls())
    desk.run_workers()
    assert desk.problem_codes() == ["other_account"]
    assert desk.remote_calls()[before:] == ["account"]


def test_who_lost_the_right_to_send_does_not(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    new_campaign_case(desk)
    user = desk.user

    def dismiss() -> None:
        desk.host.users[user.id] = (user, frozenset())

    meanwhile("draft", dismiss)
    pressed = desk.send()
    desk.run_workers()
    assert desk.operation(pressed).state == "cancelled"
    assert desk.mailing.state == MailingState.NOT_READY
    assert "create_campaign" not in desk.remote_calls()


def test_a_crm_campaign_deleted_before_the_worker_came_is_not_sent(desk: Recruiter) -> None:
    new_campaign_case(desk)
    pressed = desk.send()
    del desk.host.campaigns[desk.campaign]
    desk.run_workers()
    assert desk.operation(pressed).state == "cancelled"
    assert desk.mailed_addresses == []


def test_people_added_while_it_is_made_wait_for_the_next_campaign(
    desk: Recruiter, meanwhile: Callable[[str, Callback], None]
) -> None:
    this = new_campaign_case(desk)
    meanwhile("push", lambda: desk.add("later@kandidaten.example"))
    desk.send()
    desk.run_workers()
    this.check()
    assert "later@kandidaten.example" not in desk.mailed_addresses


def test_a_busy_account_slows_the_others_of_the_key_down(desk: Recruiter) -> None:
    new_campaign_case(desk)
    desk.standin.state.faults.add("POST /campaigns", "429_retry_after", retry_after=120)
    desk.send()
    desk.queue.run_all()
    new_campaign_case(desk)
    second = desk.send()
    before = len(desk.remote_calls())
    desk.queue.run_all()
    assert desk.operation(second).state == "waiting"
    assert desk.operation(second).problems[0]["code"] == "waiting_throttled"
    assert len(desk.remote_calls()) == before
    desk.run_workers()
    assert len(desk.mailed_addresses) == 4


def _account(desk: Recruiter) -> Any:
    return desk.standin.state.accounts[DEMO_ACCOUNT]


def _audience(desk: Recruiter) -> Any:
    return _account(desk).lists[desk.account().list_id]


def _campaigns(desk: Recruiter) -> list[Any]:
    return list(_account(desk).campaigns.values())


def _client(desk: Recruiter) -> Any:
    return desk.services.client_factory(DEMO_KEY, 99)
