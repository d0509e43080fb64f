"""The plan's limit of contacts: a send that would exceed it is stopped before anybody is added."""

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.usecases.screens.eligibility import count_recipients
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both

PEOPLE = ("ada@kandidaten.example", "bob@kandidaten.example", "cor@kandidaten.example")


@pytest.fixture
def limited(recruiter: Recruiter) -> Recruiter:
    """Three people to mail; the numbers of MailChimp are never late."""
    recruiter.standin.state.switches.stats_lag = 0
    recruiter.add(*PEOPLE)
    return recruiter


def allow(recruiter: Recruiter, more: int) -> int:
    """The plan allows so many contacts more than there are; returns how many there are."""
    used = sum(
        member.status in ("subscribed", "unsubscribed")
        for audience in recruiter.remote_account.lists.values()
        for member in audience.members.values()
    )
    session = recruiter.session
    session.execute(update(Account).values(contact_limit=used + more))
    session.commit()
    return used


def new_contacts(recruiter: Recruiter) -> int:
    allow(recruiter, 100)
    services, account = recruiter.services, recruiter.account
    return count_recipients(services, recruiter.campaign, account=account).new_contacts


def send(recruiter: Recruiter) -> None:
    recruiter.send()
    recruiter.run_workers()


def test_a_send_over_the_limit_is_stopped_before_anybody_is_added(limited: Recruiter) -> None:
    used = allow(limited, 2)
    members = dict(limited.audience.members)
    send(limited)
    mailing = limited.mailing
    assert (mailing.state, limited.problem_codes()) == (
        MailingState.NOT_READY,
        ["contact_limit_exceeded"],
    )
    values = {"added": "3", "used": str(used), "limit": str(used + 2)}
    assert mailing.problems[0]["values"] == values
    assert limited.audience.members == members
    allow(limited, 3)
    limited.check()
    limited.run_workers()
    assert limited.mailed_addresses == sorted(PEOPLE)
    assert limited.account.contacts_used == used + 3


def test_the_next_send_knows_what_the_last_one_added(limited: Recruiter) -> None:
    allow(limited, 4)
    send(limited)
    limited.standin.state.switches.stats_lag = 1e9  # MailChimp still reports the old number
    limited.campaign = limited.host.add_campaign("Next")
    limited.add(*PEOPLE, "dirk@kandidaten.example", "eva@kandidaten.example")
    send(limited)
    assert limited.problem_codes() == ["contact_limit_exceeded"]
    assert limited.mailing.problems[0]["values"]["added"] == "2"


def test_restoring_archived_members_counts_too(limited: Recruiter) -> None:
    send(limited)
    for member in limited.audience.members.values():
        if member.email_address in PEOPLE:
            member.status = "archived"
    limited.standin.state.advance(3600)
    allow(limited, 2)
    limited.campaign = limited.host.add_campaign("Next")
    limited.add(*PEOPLE)
    send(limited)
    assert limited.problem_codes() == ["contact_limit_exceeded"]
    statuses = [m.status for m in limited.audience.members.values() if m.email_address in PEOPLE]
    assert statuses == ["archived"] * 3


def test_the_form_counts_whom_our_records_do_not_know_as_members(limited: Recruiter) -> None:
    assert new_contacts(limited) == 3
    send(limited)
    limited.campaign = limited.host.add_campaign("Next")
    limited.add("Ada@Kandidaten.example", "new@kandidaten.example")
    assert new_contacts(limited) == 1


def test_without_a_limit_contacts_are_counted_all_the_same(limited: Recruiter) -> None:
    """The page “Contacts” shows the number; it takes no further call."""
    before = limited.account.contacts_used
    send(limited)
    assert limited.account.contacts_used == before + 3
    assert limited.remote_calls().count("audiences") == 1, "by “Initialize”"
