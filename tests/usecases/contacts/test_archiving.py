"""Contacts that were not mailed for a year are archived in one action, and restored when mailed again."""

from typing import Any

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.mailchimp import Member
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.contacts import archiving
from cxmc_ext.usecases.contacts.requests import request_archiving
from cxmc_ext.usecases.screens.contacts import build_contacts
from tests.support.databases import on_both
from tests.support.factories import create_mailing, create_recipient
from tests.support.recruiter import Recruiter
from tests.usecases.contacts.conftest import (
    ADA,
    BOB,
    COR,
    archive,
    calls_of,
    make_older,
    send_to,
    statuses,
)

pytestmark = [on_both, pytest.mark.slow]


def test_the_unused_are_archived_once_and_restored_when_mailed(
    year_later: Recruiter, admin_user: User
) -> None:
    recruiter = year_later
    send_to(recruiter, COR)
    before = recruiter.account.contacts_used
    assert build_contacts(recruiter.services).unused_count == 2
    operation_id = archive(recruiter, admin_user)
    assert recruiter.operation(operation_id).state == "done"
    assert statuses(recruiter, ADA, BOB, COR) == ["archived", "archived", "subscribed"]
    assert recruiter.account.contacts_used == before - 2
    screen = build_contacts(recruiter.services)
    assert (screen.unused_count, screen.archived) == (0, 2)
    assert recruiter.fetch_all(select(Audit.actor_id).where(Audit.action == "archiving")) == [
        "admin"
    ]
    with pytest.raises(Conflict):
        archive(recruiter, admin_user)
    send_to(recruiter, ADA)
    assert statuses(recruiter, ADA) == ["subscribed"]
    assert recruiter.mailed_addresses.count(ADA) == 2
    assert recruiter.standin.state.resubscribed == []


def test_the_number_of_contacts_is_read_before_any_is_archived(
    year_later: Recruiter, admin_user: User
) -> None:
    """Colleagues add contacts in MailChimp too, of which nothing here tells."""
    recruiter = year_later
    recruiter.standin.state.switches.stats_lag = 0
    session = recruiter.session
    session.execute(update(Account).values(contacts_used=0, contacts_changed_at=0))
    session.commit()
    archive(recruiter, admin_user)
    counted = [
        member.status
        for audience in recruiter.remote_account.lists.values()
        for member in audience.members.values()
        if member.status in ("subscribed", "unsubscribed")
    ]
    assert recruiter.account.contacts_used == len(counted) > 0


def test_who_came_back_by_another_way_can_be_archived_again(
    year_later: Recruiter, admin_user: User
) -> None:
    """A colleague restored Ada in MailChimp; we learn that when we mail her."""
    recruiter = year_later
    archive(recruiter, admin_user)
    recruiter.standin.actions.set_status(recruiter.audience.id, ADA, "subscribed", by="admin")
    send_to(recruiter, ADA)
    make_older(recruiter)
    assert build_contacts(recruiter.services).unused_count == 1
    archive(recruiter, admin_user)
    assert statuses(recruiter, ADA) == ["archived"]


@pytest.mark.parametrize("hides", [True, False])
def test_who_unsubscribed_is_never_archived(
    year_later: Recruiter, admin_user: User, hides: bool
) -> None:
    recruiter = year_later
    state = recruiter.standin.state
    state.switches.archive_hides_unsubscribe = hides
    ada = recruiter.audience.members[subscriber_hash(ADA)]
    membership.set_status(state, recruiter.audience, ada, "unsubscribed", "user")
    archive(recruiter, admin_user)
    assert statuses(recruiter, ADA, BOB) == ["unsubscribed", "archived"]
    send_to(recruiter, ADA, BOB)
    assert recruiter.mailed_addresses.count(ADA) == 1
    assert recruiter.mailed_addresses.count(BOB) == 2


def test_whom_a_campaign_addresses_meanwhile_is_restored_at_once(
    year_later: Recruiter, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The campaign has read the member as subscribed; a moment later we archive it."""
    recruiter, original = year_later, archiving.withdraw

    def withdraw_late(*arguments: Any) -> list[Member]:
        freeze(recruiter, ADA)
        return original(*arguments)

    monkeypatch.setattr(archiving, "withdraw", withdraw_late)
    archive(recruiter, admin_user)
    assert statuses(recruiter, ADA, BOB) == ["subscribed", "archived"]
    assert recruiter.standin.state.resubscribed == []


def freeze(recruiter: Recruiter, address: str) -> None:
    """A campaign is being built for an address, by another worker."""
    account = recruiter.account
    mailing = create_mailing(
        recruiter.services, "other", "preparing", list_id=account.list_id, remote_id=None
    )
    create_recipient(
        recruiter.services,
        mailing,
        address=address,
        member_hash=bytes.fromhex(subscriber_hash(address)),
        in_audience=True,
    )


def test_an_audience_of_another_account_is_left_alone(
    year_later: Recruiter, admin_user: User
) -> None:
    recruiter = year_later
    press = Press(admin_user, recruiter.next_nonce())
    operation_id = request_archiving(recruiter.services, press)
    session = recruiter.session
    session.execute(update(Account).values(list_id="other"))
    session.commit()
    recruiter.run_workers()
    assert recruiter.operation(operation_id).problems[0]["code"] == "other_account"
    assert calls_of(recruiter, "archive_member") == []
