"""“Create and send”, from the press to the mail."""

import pytest

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.people import PersonKind
from cxmc_ext.standin import DEMO_ACCOUNT
from tests.support.recruiter import SENDER, SUPPORT_TEMPLATE_ID, Recruiter, new_campaign_case


def test_a_press_mails_everybody_once_and_ends_at_sent(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example", "bram@kandidaten.example")
    pressed = desk.send()
    assert desk.mailing.state == MailingState.PREPARING
    desk.run_workers()
    assert desk.mailed_addresses == ["anna@kandidaten.example", "bram@kandidaten.example"]
    assert desk.operation(pressed).state == "done"
    mailing = desk.mailing
    assert mailing.state in (MailingState.SENDING, MailingState.SENT)
    assert (mailing.people_count, mailing.mailable_count, mailing.in_audience_count) == (2, 2, 2)
    assert mailing.next_sync_at is not None
    mail = next(iter(desk.standin.outbox))
    assert (mail.subject, mail.from_name, mail.sender) == ("Nieuwe vacatures", "Rosa", SENDER)


def test_the_press_itself_makes_no_call(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    before = desk.standin.state.requests.routes.total()
    desk.send()
    assert desk.standin.state.requests.routes.total() == before


def test_each_person_left_out_has_a_reason(desk: Recruiter) -> None:
    anna, _ = desk.add("anna@kandidaten.example", "bram@kandidaten.example")
    desk.add("Bram@Kandidaten.example ", "", "geen adres", "carla@klanten.example")
    desk.add("x@example.com", kind=PersonKind.CONTACT)
    desk.opt_out(anna)
    desk.send()
    desk.run_workers()
    assert desk.mailed_addresses == ["bram@kandidaten.example", "carla@klanten.example"]
    mailing = desk.mailing
    assert mailing.counts["reason"] == {
        "opted_out": 1,
        "duplicate": 1,
        "no_address": 1,
        "invalid_address": 2,
    }
    assert (mailing.people_count, mailing.mailable_count) == (7, 2)


def test_an_address_is_closed_when_anybody_who_shares_it_opted_out(desk: Recruiter) -> None:
    first, *_ = desk.add("info@klanten.example", "INFO@klanten.example", "bram@klanten.example")
    elsewhere = desk.host.add_person("bram@klanten.example")
    desk.add("carla@klanten.example")
    desk.opt_out(first, elsewhere)
    desk.send()
    desk.run_workers()
    assert desk.mailed_addresses == ["carla@klanten.example"]


def test_who_left_at_mailchimp_is_neither_mailed_nor_revived(desk: Recruiter) -> None:
    left = {f"{status}@kandidaten.example": status for status in
            ("unsubscribed", "cleaned", "pending", "archived", "transactional")}  # fmt: skip
    desk.add("anna@kandidaten.example", *left)
    desk.send()
    desk.run_workers()
    audience = desk.standin.state.accounts[DEMO_ACCOUNT].lists[desk.account().list_id]
    for member in audience.members.values():
        member.status = left.get(member.email_address, member.status)
    again = new_campaign_case(desk)
    desk.add(*left)
    desk.send()
    desk.run_workers()
    again.check()
    reasons = desk.mailing.counts["reason"]
    assert {k: reasons.get(k) for k in ("unsubscribed", "cleaned", "pending", "archived")} == {
        "unsubscribed": 1,
        "cleaned": 1,
        "pending": 1,
        "archived": 1,
    }
    assert reasons["refused"] == 1
    statuses = {member.email_address: member.status for member in audience.members.values()}
    assert {address: statuses[address] for address in left} == left
    assert desk.standin.state.resubscribed == []


def test_changed_merge_values_of_members_are_refreshed(desk: Recruiter) -> None:
    (anna,) = desk.add("anna@kandidaten.example", first_name="Anna")
    desk.send()
    desk.run_workers()
    person = desk.host.persons[anna]
    desk.host.persons[anna] = type(person)(
        anna, "Annabel", person.address, "Annabel", "van", "Dijk", "Rosa", SENDER
    )
    before = desk.standin.state.requests.total_for("PATCH /lists/<list_id>/members/<who>")
    desk.campaign = desk.host.add_campaign("Tweede")
    desk.host.add_to_campaign(desk.campaign, anna)
    desk.send()
    desk.run_workers()
    merge = next(iter(desk.standin.outbox.mails(desk.mailing.remote_id))).delivery.merge_fields
    assert (merge["FNAME"], merge["PREFIX"], merge["OWNERNAME"]) == ("Annabel", "van", "Rosa")
    assert len([call for call in desk.remote_calls() if call == "update_merge"]) == 1, before


def test_two_presses_two_people_and_a_replayed_form_are_one_campaign(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    first = desk.send()
    assert desk.send() == first, "somebody else pressed"
    desk.counter = iter([2])  # type: ignore[assignment]
    assert desk.send(subject="") == first, "the same form again"
    desk.run_workers()
    desk.counter = iter([99])  # type: ignore[assignment]
    with pytest.raises(Conflict) as told:
        desk.send()
    assert told.value.problem.code == "already_created"
    assert desk.mailed_addresses == ["anna@kandidaten.example"]


def test_the_same_nonce_for_another_campaign_is_refused(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    desk.send()
    desk.campaign = desk.host.add_campaign("Andere")
    desk.add("bram@kandidaten.example")
    desk.counter = iter([1])  # type: ignore[assignment]
    with pytest.raises(Conflict) as told:
        desk.send()
    assert told.value.problem.code == "nonce_reused"


def test_a_form_that_does_not_do_names_each_field(desk: Recruiter) -> None:
    with pytest.raises(Invalid) as told:
        desk.send(subject="a\r\nb", from_email="x", template_id=10_004)
    assert {name: why.code for name, why in told.value.fields.items()} == {
        "subject": "subject_control",
        "from_email": "from_email_wrong",
        "template_id": "template_unusable",
        "": "no_recipients",
    }
    assert desk.mailing.state == MailingState.NONE


def test_a_campaign_one_may_not_see_cannot_be_sent(desk: Recruiter) -> None:
    desk.campaign = "no-such"
    with pytest.raises(Conflict) as told:
        desk.send()
    assert told.value.problem.code == "campaign_gone"


def test_an_unverified_domain_is_created_and_not_sent(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    desk.send(from_email="info@nieuwedomein.example")
    desk.run_workers()
    mailing = desk.mailing
    assert (mailing.state, desk.problem_codes()) == (MailingState.NOT_READY, ["check_domain"])
    assert "nieuwedomein.example" in mailing.problems[0]["detail"]
    assert [item["kind"] for item in mailing.checklist].count("error") == 1
    assert desk.mailed_addresses == []


def test_check_again_sends_once_the_domain_is_verified(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    desk.send(from_email="info@nieuwedomein.example")
    desk.run_workers()
    remote_id = desk.mailing.remote_id
    desk.check()
    desk.run_workers()
    assert desk.problem_codes() == ["check_domain"]
    desk.standin.state.accounts[DEMO_ACCOUNT].domains["nieuwedomein.example"].verified = True
    desk.check()
    desk.run_workers()
    assert desk.mailed_addresses == ["anna@kandidaten.example"]
    assert desk.mailing.remote_id == remote_id


def test_an_incomplete_template_is_not_sent(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    desk.send(template_id=10_005)
    desk.run_workers()
    assert (desk.mailing.state, desk.problem_codes()) == (
        MailingState.NOT_READY,
        ["check_template"],
    )


def test_nobody_left_to_mail_makes_no_draft(desk: Recruiter) -> None:
    (anna,) = desk.add("anna@kandidaten.example")
    desk.add("geen adres")
    desk.opt_out(anna)
    pressed = desk.send()
    desk.run_workers()
    assert desk.operation(pressed).state == "not_ready"
    assert desk.problem_codes() == ["nobody_to_mail"]
    assert "create_campaign" not in desk.remote_calls()
    desk.add("bram@kandidaten.example")
    desk.check()
    desk.run_workers()
    assert desk.mailed_addresses == ["bram@kandidaten.example"]


def test_when_mailchimp_takes_nobody_there_is_no_draft_and_no_segment(desk: Recruiter) -> None:
    desk.add("x@example.com")
    desk.send()
    desk.run_workers()
    assert desk.problem_codes() == ["nobody_to_mail"]
    assert desk.mailing.segment_id is None


def test_in_mailchimp_mode_the_last_press_is_left_to_a_person(desk: Recruiter) -> None:
    object.__setattr__(desk.services.settings, "send_mode", "mailchimp")
    desk.add("anna@kandidaten.example")
    pressed = desk.send()
    desk.run_workers()
    mailing = desk.mailing
    assert (mailing.state, desk.operation(pressed).state) == (MailingState.IN_MAILCHIMP, "done")
    assert mailing.next_sync_at is not None
    assert desk.mailed_addresses == []


def test_three_thousand_people_take_few_calls(desk: Recruiter) -> None:
    addresses = [f"p{number}@kandidaten.example" for number in range(3000)]
    desk.add(*addresses)
    desk.send()
    before = desk.standin.state.requests.routes.total()
    desk.run_workers()
    assert len(desk.mailed_addresses) == 3000
    pushing = [call for call in desk.remote_calls() if call in ("push_members", "add_to_segment")]
    assert len(pushing) == 6 + 5
    assert desk.standin.state.requests.routes.total() - before <= 2 * 6 + 8 + 12


def test_the_template_must_come_from_the_account(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    with pytest.raises(Invalid) as told:
        desk.send(template_id=SUPPORT_TEMPLATE_ID + 5000)
    assert told.value.fields["template_id"].code == "template_unknown"
