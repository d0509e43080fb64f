"""One mailbox, many spellings: opt-outs, erasure and MailChimp's members are found in each of them."""

import pytest

from cxmc_ext.domain.people import PersonKind, User
from cxmc_ext.standin.models import Member
from cxmc_ext.standin.service import engagement, membership
from cxmc_ext.usecases.erasure import requests as erasure_requests
from tests.support.databases import on_both
from tests.support.erasure import find_traces, request_erasure, sync_everything
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.slow]

CANONICAL = "info@xn--mller-kva.example"
SPELLINGS = (
    CANONICAL,
    "Info@M\u00fcller.example",
    "info@mu\u0308ller.example",
    "\u00a0INFO@M\u00dcLLER.EXAMPLE\u200b",
)
BOB = "bob@kantoor.example"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_who_unsubscribes_is_opted_out_with_everybody_who_has_the_mailbox(
    recruiter: Recruiter, spelling: str
) -> None:
    (mailed,) = recruiter.add(spelling)
    others = [recruiter.host.add_person(other, PersonKind.CONTACT) for other in SPELLINGS]
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [CANONICAL]
    _unsubscribe(recruiter)
    assert recruiter.host.opt_outs == {mailed, *others}
    recruiter.campaign = recruiter.host.add_campaign("Volgende")
    recruiter.host.add_to_campaign(recruiter.campaign, mailed, *others)
    recruiter.add(BOB)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BOB, CANONICAL]


@pytest.mark.parametrize("opted_out", SPELLINGS)
def test_an_opt_out_protects_the_mailbox_in_every_spelling(
    recruiter: Recruiter, opted_out: str
) -> None:
    recruiter.add(*SPELLINGS, BOB)
    recruiter.opt_out(recruiter.host.add_person(opted_out, PersonKind.CONTACT))
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BOB]
    assert recruiter.mailing.counts["reason"] == {"opted_out": len(SPELLINGS)}


def test_a_host_that_answers_in_its_own_spelling_protects_the_mailbox_too(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against its contract; an opt-out must not be lost because of it."""
    find = recruiter.host.people_with_address
    monkeypatch.setattr(
        recruiter.host,
        "people_with_address",
        lambda addresses: {address.upper(): refs for address, refs in find(addresses).items()},
    )
    (mailed,) = recruiter.add(CANONICAL)
    other = recruiter.host.add_person(CANONICAL, PersonKind.CONTACT)
    recruiter.send()
    recruiter.run_workers()
    _unsubscribe(recruiter)
    assert recruiter.host.opt_outs == {mailed, other}
    recruiter.campaign = recruiter.host.add_campaign("Volgende")
    for groups in recruiter.host.groups.values():
        groups.pop(mailed, None)
    recruiter.host.add_to_campaign(recruiter.campaign, mailed)
    recruiter.add(BOB)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == [BOB, CANONICAL]
    assert recruiter.exclusion_reasons()[CANONICAL] is not None


@pytest.mark.parametrize("typed", SPELLINGS)
def test_an_erasure_finds_everybody_with_the_mailbox(recruiter: Recruiter, typed: str) -> None:
    recruiter.add(*SPELLINGS, BOB)
    recruiter.send()
    recruiter.run_workers()
    scope = erasure_requests.erasure_scope(recruiter.services, typed)
    assert (scope.people, scope.campaigns) == (len(SPELLINGS), 1)


def test_an_erasure_deletes_a_member_that_was_added_in_unicode(
    recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add(CANONICAL, BOB)
    recruiter.send()
    recruiter.run_workers()
    _add_member(recruiter, "Info@M\u00fcller.example", "subscribed")
    request_erasure(recruiter, admin_user, CANONICAL)
    recruiter.run_workers()
    assert [member.email_address for member in recruiter.audience.members.values()] == [BOB]
    assert find_traces(recruiter, CANONICAL, "ller.example") == []


@pytest.mark.parametrize("others", [[], [BOB]], ids=["read one by one", "read in pages"])
def test_who_unsubscribed_in_unicode_is_not_subscribed_in_punycode(
    recruiter: Recruiter, others: list[str]
) -> None:
    _add_member(recruiter, "Info@M\u00fcller.example", "unsubscribed")
    recruiter.add(CANONICAL, *others)
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == others
    # The send read first who left the audience, so the person is in the opt-out group by then.
    assert recruiter.exclusion_reasons()[CANONICAL] == "opted_out"


def _add_member(recruiter: Recruiter, address: str, status: str) -> Member:
    state, row = recruiter.standin.state, {"email_address": address}
    return membership.add(state, recruiter.audience, row, status)


def _unsubscribe(recruiter: Recruiter) -> None:
    """Somebody unsubscribes through the link of the mail, and the report is read."""
    remote = recruiter.remote_account.campaigns[recruiter.mailing.remote_id or ""]
    (member_id,) = remote.recipients
    now = recruiter.standin.state.clock.now() + 60
    assert engagement.record_unsubscribe(
        recruiter.standin.state, recruiter.remote_account, remote, member_id, "", now
    )
    sync_everything(recruiter)
