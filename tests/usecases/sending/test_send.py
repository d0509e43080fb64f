"""“Create and send”, from the press to the mail."""

import pytest

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.people import PersonKind
from cxmc_ext.standin import DEMO_ACCOUNT
from tests.support.factories import SENDER, SUPPORT_TEMPLATE_ID
from tests.support.recruiter import Recruiter, new_campaign_case


def test_a_press_mails_everybody_once_and_ends_at_sent(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example", "bram@kandidaten.example")
    pressed = recruiter.send()
    assert recruiter.mailing.state == MailingState.PREPARING
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["anna@kandidaten.example", "bram@kandidaten.example"]
    assert recruiter.operation(pressed).state == "done"
    mailing = recruiter.mailing
    assert mailing.state in (MailingState.SENDING, MailingState.SENT)
    assert (mailing.people_count, mailing.mailable_count, mailing.in_audience_count) == (2, 2, 2)
    assert mailing.next_sync_at is not None
    mail = next(iter(recruiter.standin.outbox))
    assert (mail.subject, mail.from_name, mail.sender) == ("Nieuwe vacatures", "Rosa", SENDER)


def test_the_press_itself_makes_no_call(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    before = recruiter.standin.state.requests.routes.total()
    recruiter.send()
    assert recruiter.standin.state.requests.routes.total() == before


def test_each_person_left_out_has_a_reason(recruiter: Recruiter) -> None:
    anna, _ = recruiter.add("anna@kandidaten.example", "bram@kandidaten.example")
    recruiter.add("Bram@Kandidaten.example ", "", "geen adres", "carla@klanten.example")
    recruiter.add("x@example.com", kind=PersonKind.CONTACT)
    recruiter.opt_out(anna)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["bram@kandidaten.example", "carla@klanten.example"]
    mailing = recruiter.mailing
    assert mailing.counts["reason"] == {
        "opted_out": 1,
        "duplicate": 1,
        "no_address": 1,
        "invalid_address": 2,
    }
    assert (mailing.people_count, mailing.mailable_count) == (7, 2)


def test_an_address_is_closed_when_anybody_who_shares_it_opted_out(recruiter: Recruiter) -> None:
    first, *_ = recruiter.add(
        "info@klanten.example", "INFO@klanten.example", "bram@klanten.example"
    )
    elsewhere = recruiter.host.add_person("bram@klanten.example")
    recruiter.add("carla@klanten.example")
    recruiter.opt_out(first, elsewhere)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["carla@klanten.example"]


def test_who_left_at_mailchimp_is_neither_mailed_nor_revived(recruiter: Recruiter) -> None:
    left = {f"{status}@kandidaten.example": status for status in
            ("unsubscribed", "cleaned", "pending", "transactional")}  # fmt: skip
    recruiter.add("anna@kandidaten.example", *left)
    recruiter.send()
    recruiter.run_workers()
    audience = recruiter.standin.state.accounts[DEMO_ACCOUNT].lists[recruiter.account.list_id]
    for member in audience.members.values():
        member.status = left.get(member.email_address, member.status)
    again = new_campaign_case(recruiter)
    recruiter.add(*left)
    recruiter.send()
    recruiter.run_workers()
    again.check()
    reasons = recruiter.mailing.counts["reason"]
    # Who unsubscribed is in the opt-out group before the people are frozen, like the one of the case.
    assert {k: reasons.get(k) for k in ("opted_out", "cleaned", "pending")} == {
        "opted_out": 2,
        "cleaned": 1,
        "pending": 1,
    }
    assert reasons["refused"] == 1
    statuses = {member.email_address: member.status for member in audience.members.values()}
    assert {address: statuses[address] for address in left} == left
    assert recruiter.standin.state.resubscribed == []


def test_changed_merge_values_of_members_are_refreshed(recruiter: Recruiter) -> None:
    (anna,) = recruiter.add("anna@kandidaten.example", first_name="Anna")
    recruiter.send()
    recruiter.run_workers()
    person = recruiter.host.persons[anna]
    recruiter.host.persons[anna] = type(person)(
        anna, "Annabel", person.address, "Annabel", "van", "Dijk", "Rosa", SENDER
    )
    recruiter.campaign = recruiter.host.add_campaign("Tweede")
    recruiter.host.add_to_campaign(recruiter.campaign, anna)
    recruiter.send()
    recruiter.run_workers()
    merge = next(
        iter(recruiter.standin.outbox.mails(recruiter.mailing.remote_id))
    ).delivery.merge_fields
    assert (merge["FNAME"], merge["PREFIX"], merge["OWNERNAME"]) == ("Annabel", "van", "Rosa")
    assert len([call for call in recruiter.remote_calls() if call == "update_merge_values"]) == 1


def test_two_presses_two_people_and_a_replayed_form_are_one_campaign(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    first = recruiter.send()
    assert recruiter.send() == first, "somebody else pressed"
    recruiter.counter = iter([2])  # type: ignore[assignment]
    assert recruiter.send(subject="") == first, "the same form again"
    recruiter.run_workers()
    recruiter.counter = iter([99])  # type: ignore[assignment]
    with pytest.raises(Conflict) as told:
        recruiter.send()
    assert told.value.problem.code == "already_created"
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]


def test_the_same_nonce_for_another_campaign_is_refused(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.campaign = recruiter.host.add_campaign("Andere")
    recruiter.add("bram@kandidaten.example")
    recruiter.counter = iter([1])  # type: ignore[assignment]
    with pytest.raises(Conflict) as told:
        recruiter.send()
    assert told.value.problem.code == "nonce_reused"


def test_a_form_that_does_not_do_names_each_field(recruiter: Recruiter) -> None:
    with pytest.raises(Invalid) as told:
        recruiter.send(subject="a\r\nb", from_email="x", template_id=10_004)
    assert {name: why.code for name, why in told.value.fields.items()} == {
        "subject": "subject_control",
        "from_email": "from_email_wrong",
        "template_id": "template_unusable",
        "": "no_recipients",
    }
    assert recruiter.mailing.state == MailingState.NONE


def test_a_campaign_one_may_not_see_cannot_be_sent(recruiter: Recruiter) -> None:
    recruiter.campaign = "no-such"
    with pytest.raises(Conflict) as told:
        recruiter.send()
    assert told.value.problem.code == "campaign_gone"


def test_an_unverified_domain_is_created_and_not_sent(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send(from_email="info@nieuwedomein.example")
    recruiter.run_workers()
    mailing = recruiter.mailing
    assert (mailing.state, recruiter.problem_codes()) == (MailingState.NOT_READY, ["check_domain"])
    assert "nieuwedomein.example" in mailing.problems[0]["detail"]
    assert [item["kind"] for item in mailing.checklist].count("error") == 1
    assert recruiter.mailed_addresses == []


def test_check_again_sends_once_the_domain_is_verified(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send(from_email="info@nieuwedomein.example")
    recruiter.run_workers()
    remote_id = recruiter.mailing.remote_id
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["check_domain"]
    recruiter.standin.state.accounts[DEMO_ACCOUNT].domains["nieuwedomein.example"].verified = True
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]
    assert recruiter.mailing.remote_id == remote_id


def test_an_incomplete_template_is_not_sent(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send(template_id=10_005)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == (
        MailingState.NOT_READY,
        ["check_template"],
    )


def test_nobody_left_to_mail_makes_no_draft(recruiter: Recruiter) -> None:
    (anna,) = recruiter.add("anna@kandidaten.example")
    recruiter.add("geen adres")
    recruiter.opt_out(anna)
    pressed = recruiter.send()
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "not_ready"
    assert recruiter.problem_codes() == ["nobody_to_mail"]
    assert "create_campaign" not in recruiter.remote_calls()
    recruiter.add("bram@kandidaten.example")
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["bram@kandidaten.example"]


def test_when_mailchimp_takes_nobody_there_is_no_draft_and_no_segment(recruiter: Recruiter) -> None:
    recruiter.add("x@example.com")
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["nobody_to_mail"]
    assert recruiter.mailing.segment_id is None


def test_in_mailchimp_mode_the_last_press_is_left_to_a_person(recruiter: Recruiter) -> None:
    object.__setattr__(recruiter.services.settings, "send_mode", "mailchimp")
    recruiter.add("anna@kandidaten.example")
    pressed = recruiter.send()
    recruiter.run_workers()
    mailing = recruiter.mailing
    assert (mailing.state, recruiter.operation(pressed).state) == (
        MailingState.IN_MAILCHIMP,
        "done",
    )
    assert mailing.next_sync_at is not None
    assert recruiter.mailed_addresses == []


@pytest.mark.slow
def test_three_thousand_people_take_few_calls(recruiter: Recruiter) -> None:
    addresses = [f"p{number}@kandidaten.example" for number in range(3000)]
    recruiter.add(*addresses)
    recruiter.send()
    before = recruiter.standin.state.requests.routes.total()
    recruiter.run_workers()
    assert len(recruiter.mailed_addresses) == 3000
    pushing = [
        call for call in recruiter.remote_calls() if call in ("subscribe_members", "add_to_segment")
    ]
    assert len(pushing) == 6 + 5
    # The last ones: who unsubscribed or was cleaned is read twice, before the freeze and before the end.
    assert recruiter.standin.state.requests.routes.total() - before <= 2 * 6 + 8 + 13


def test_the_template_must_come_from_the_account(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    with pytest.raises(Invalid) as told:
        recruiter.send(template_id=SUPPORT_TEMPLATE_ID + 5000)
    assert told.value.fields["template_id"].code == "template_unknown"
