"""A member gets another id with another address at MailChimp: may they have unsubscribed there since?"""

from typing import Any

import pytest

from cxmc_ext.db.queries import known_subscribers
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.usecases.operations.lease import LeasedOperation
from cxmc_ext.usecases.sending import moved_members
from tests.support.databases import on_both
from tests.support.erasure import sync_everything
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.slow]

OLD, NEW, BOB, CAS = (f"{name}@kantoor.example" for name in ("anna", "anna.new", "bob", "cas"))


@pytest.fixture
def anna(recruiter: Recruiter) -> PersonRef:
    """She and Bob were mailed two minutes ago, and the report was read."""
    anna, _ = recruiter.add(OLD, BOB)
    _send(recruiter)
    recruiter.standin.state.advance(120)
    sync_everything(recruiter)
    recruiter.standin.actions.change_address(recruiter.audience.id, OLD, NEW)
    return anna


def _send(recruiter: Recruiter) -> None:
    recruiter.send()
    recruiter.run_workers()


def _mail_again(recruiter: Recruiter, *people: PersonRef) -> None:
    recruiter.campaign = recruiter.host.add_campaign("Again")
    recruiter.host.add_to_campaign(recruiter.campaign, *people)
    recruiter.add(CAS)
    _send(recruiter)


@pytest.mark.parametrize("is_read", [False, True], ids=["report unread", "report read"])
@pytest.mark.parametrize("follow", [False, True], ids=["report: old address", "new address"])
def test_whoever_unsubscribed_there_is_not_subscribed_anew(
    recruiter: Recruiter, anna: PersonRef, follow: bool, is_read: bool
) -> None:
    recruiter.standin.state.switches.reports_follow_address_change = follow
    recruiter.standin.actions.unsubscribe(recruiter.mailing.remote_id, OLD)
    if is_read:
        sync_everything(recruiter)
    _mail_again(recruiter, anna)
    assert recruiter.mailed_addresses == [OLD, BOB, CAS]
    expected = "opted_out" if is_read and not follow else "moved"
    assert recruiter.exclusion_reasons()[OLD] == expected


def test_a_changed_address_alone_leaves_nobody_out(recruiter: Recruiter, anna: PersonRef) -> None:
    recruiter.standin.actions.set_status(recruiter.audience.id, BOB, "unsubscribed")
    _mail_again(recruiter, anna)
    assert recruiter.mailed_addresses == [OLD, OLD, BOB, CAS], "who unsubscribed is known: Bob"


def test_who_left_before_the_last_mail_was_somebody_else(recruiter: Recruiter) -> None:
    recruiter.standin.actions.sign_up(recruiter.audience.id, NEW)
    recruiter.standin.actions.set_status(recruiter.audience.id, NEW, "unsubscribed")
    recruiter.standin.state.advance(3600)
    anna, _ = recruiter.add(OLD, BOB)
    _send(recruiter)
    recruiter.standin.actions.change_address(recruiter.audience.id, OLD, f"x{NEW}")
    _mail_again(recruiter, anna)
    assert recruiter.mailed_addresses == [OLD, OLD, BOB, CAS]


def test_the_lease_is_extended_after_each_page(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    recruiter.add(BOB)
    _send(recruiter)
    done: list[str] = []

    def note(owner: object, name: str) -> None:
        original = getattr(owner, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, noted)

    note(known_subscribers, "last_subscribed")
    note(LeasedOperation, "commit")
    monkeypatch.setattr(moved_members, "_PAGE_SIZE", 1)
    _mail_again(recruiter, *recruiter.add(OLD, NEW))
    assert " ".join(done).count("last_subscribed commit") == done.count("last_subscribed") == 3


def test_who_opts_out_while_the_lease_is_lost_between_two_pages_is_left_out(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bob = recruiter.add(OLD, BOB)
    _send(recruiter)
    last_subscribed, pages = known_subscribers.last_subscribed, list[int]()

    def losing_the_lease(*args: Any) -> dict[bytes, int]:
        found = last_subscribed(*args)
        pages.append(1)
        if len(pages) == 2:
            recruiter.skip_pauses()
            recruiter.opt_out(bob)
        return found

    monkeypatch.setattr(known_subscribers, "last_subscribed", losing_the_lease)
    monkeypatch.setattr(moved_members, "_PAGE_SIZE", 1)
    recruiter.audience.members.clear()
    _mail_again(recruiter, anna, bob)
    assert len(pages) > 2
    assert recruiter.mailed_addresses == [OLD, OLD, BOB, CAS]
