"""Merge values of people who are members already: an empty value erases nothing that we did not write."""

from dataclasses import replace

import pytest

from cxmc_ext.domain.people import PersonRef
from cxmc_ext.standin.models import subscriber_hash
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both

ANNA = "anna@kandidaten.example"
EMPTY = {"first_name": "", "prefix": "", "last_name": "", "name": ""}


def send(recruiter: Recruiter, ref: PersonRef, **changes: str) -> dict[str, str]:
    """Sends a campaign to one person, as changed in the CRM; returns their values at MailChimp."""
    recruiter.host.persons[ref] = replace(recruiter.host.persons[ref], **changes)  # type: ignore[arg-type]
    recruiter.campaign = recruiter.host.add_campaign("Next")
    recruiter.host.add_to_campaign(recruiter.campaign, ref)
    recruiter.send()
    recruiter.run_workers()
    member = recruiter.audience.members[subscriber_hash(ANNA)]
    return {tag: member.merge_fields[tag] for tag in ("FNAME", "LNAME", "PREFIX")}


@pytest.fixture
def anna(recruiter: Recruiter) -> PersonRef:
    (ref,) = recruiter.add(ANNA)
    send(recruiter, ref, first_name="Anna", prefix="", last_name="Jansen")
    return ref


def enter_at_mailchimp(recruiter: Recruiter, **values: str) -> None:
    recruiter.audience.members[subscriber_hash(ANNA)].merge_fields.update(values)


def test_empty_names_in_the_crm_keep_what_somebody_entered_at_mailchimp(
    recruiter: Recruiter, anna: PersonRef
) -> None:
    entered = {"FNAME": "Annabel", "LNAME": "de Vries", "PREFIX": "Mevrouw"}
    enter_at_mailchimp(recruiter, **entered)
    assert send(recruiter, anna, **EMPTY) == entered


def test_a_name_from_the_crm_replaces_it_and_leaves_the_others(
    recruiter: Recruiter, anna: PersonRef
) -> None:
    enter_at_mailchimp(recruiter, LNAME="de Vries", PREFIX="Mevrouw")
    changed = {**EMPTY, "first_name": "Annabel"}
    assert send(recruiter, anna, **changed) == {
        "FNAME": "Annabel",
        "LNAME": "de Vries",
        "PREFIX": "Mevrouw",
    }


def test_a_value_we_wrote_becomes_empty_with_the_crm(recruiter: Recruiter, anna: PersonRef) -> None:
    assert send(recruiter, anna, prefix="van")["PREFIX"] == "van"
    assert send(recruiter, anna, prefix="")["PREFIX"] == ""


def test_an_audience_that_was_chosen_keeps_its_values(recruiter: Recruiter) -> None:
    """The first campaign to a member whom somebody else added."""
    send(recruiter, *recruiter.add("other@kandidaten.example"), address=ANNA)
    (ref,) = recruiter.add(ANNA)
    enter_at_mailchimp(recruiter, PREFIX="Geachte mevrouw")
    assert send(recruiter, ref, prefix="")["PREFIX"] == "Geachte mevrouw"
