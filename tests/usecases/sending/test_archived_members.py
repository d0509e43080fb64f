"""Archived is not an opt-out: restored are members whom our records know as subscribed, and nobody else."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, update

from cxmc_ext.adapters.mailchimp.members import MemberEndpoints
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.db.queries import reported_opt_outs
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.notes import Note, NoteKind
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.standin.models import Member, subscriber_hash
from cxmc_ext.standin.service import engagement, membership
from tests.support.databases import on_both
from tests.support.erasure import sync_everything
from tests.support.recruiter import Callback, Recruiter

pytestmark = [on_both, pytest.mark.slow]

ANNA, BOB = "anna@kandidaten.example", "bob@kandidaten.example"
RESTORE = "PUT /lists/*/members/*"


@pytest.mark.parametrize("others", [[], [BOB]], ids=["read one by one", "read in pages"])
def test_whom_an_earlier_mailing_reached_is_restored_and_mailed(
    recruiter: Recruiter, others: list[str]
) -> None:
    _send_to(recruiter, ANNA)
    _archive(recruiter)
    _send_to(recruiter, ANNA, *others, first_name="Annabel")
    assert recruiter.mailed_addresses == [ANNA, ANNA, *others]
    anna = _anna(recruiter)
    assert (anna.status, anna.merge_fields["FNAME"]) == ("subscribed", "Annabel")
    assert recruiter.standin.state.resubscribed == []


def test_a_lost_answer_restores_once_and_mails_once(recruiter: Recruiter) -> None:
    _send_to(recruiter, ANNA)
    _archive(recruiter)
    recruiter.standin.state.faults.add(RESTORE, "reset_after")
    _send_to(recruiter, ANNA)
    assert recruiter.mailed_addresses == [ANNA, ANNA]


def test_what_mailchimp_refuses_to_restore_is_left_out_with_its_reason(
    recruiter: Recruiter,
) -> None:
    _send_to(recruiter, ANNA)
    _archive(recruiter)
    recruiter.standin.state.faults.add(RESTORE, "400")
    _send_to(recruiter, ANNA, BOB)
    assert recruiter.mailed_addresses == [ANNA, BOB]
    assert _anna(recruiter).status == "archived"


def test_who_is_unknown_to_our_records_keeps_the_reason(recruiter: Recruiter) -> None:
    state = recruiter.standin.state
    membership.add(state, recruiter.audience, {"email_address": ANNA}, "subscribed")
    _archive(recruiter)
    _send_to(recruiter, ANNA, BOB)
    assert recruiter.mailed_addresses == [BOB]
    assert recruiter.exclusion_reasons()[ANNA] == "archived"
    assert _anna(recruiter).status == "archived"


def _another_audience(recruiter: Recruiter) -> None:
    _change(recruiter, Mailing, list_id="before")


def _reason(reason: ExclusionReason) -> Callable[[Recruiter], None]:
    return lambda recruiter: _change(recruiter, Recipient, reason=reason)


def _never_reached(recruiter: Recruiter) -> None:
    _change(recruiter, Recipient, in_audience=False)
    recruiter.session.execute(delete(RecipientStatus))
    recruiter.session.commit()


def _bounce(recruiter: Recruiter) -> None:
    """A hard bounce, with an open that a mail scanner made before it (observed 2026-07)."""
    remote = recruiter.remote_account.campaigns[recruiter.mailing.remote_id or ""]
    now = recruiter.standin.state.clock.now() + 60
    engagement.record_open(remote, _anna(recruiter).id, now)
    arguments = (recruiter.standin.state, recruiter.remote_account, remote, _anna(recruiter).id)
    assert engagement.record_bounce(*arguments, engagement.SOFT_BOUNCE, now + 4)
    sync_everything(recruiter)


def _unsubscribe(recruiter: Recruiter) -> None:
    """Unsubscribed through the mail; a user took the person out of the opt-out group again."""
    remote = recruiter.remote_account.campaigns[recruiter.mailing.remote_id or ""]
    now = recruiter.standin.state.clock.now() + 60
    arguments = (recruiter.standin.state, recruiter.remote_account, remote, _anna(recruiter).id)
    assert engagement.record_unsubscribe(*arguments, "", now)
    sync_everything(recruiter)
    for members in recruiter.host.groups.values():
        members.clear()


OBJECTIONS = {
    "it was another audience": _another_audience,
    "it was never mailed nor seen as a member": _never_reached,
    "it bounced": _bounce,
    "it unsubscribed": _unsubscribe,
    **{
        f"it was left out once: {reason}": _reason(reason)
        for reason in (
            ExclusionReason.OPTED_OUT,
            ExclusionReason.UNSUBSCRIBED,
            ExclusionReason.CLEANED,
            ExclusionReason.PENDING,
            ExclusionReason.COMPLIANCE,
        )
    },
}


@pytest.mark.parametrize("objection", OBJECTIONS)
def test_who_may_have_opted_out_is_not_restored(recruiter: Recruiter, objection: str) -> None:
    _send_to(recruiter, ANNA)
    OBJECTIONS[objection](recruiter)
    _archive(recruiter)
    _send_to(recruiter, ANNA, BOB)
    assert recruiter.mailed_addresses == [ANNA, BOB]
    assert _anna(recruiter).status == "archived"
    assert recruiter.standin.state.resubscribed == []


@pytest.mark.parametrize("source", OptOutSource)
def test_who_was_reported_as_opted_out_meanwhile_is_not_restored(
    recruiter: Recruiter, before_step: Callable[[str, Callback], None], source: OptOutSource
) -> None:
    """By another audience, after the people were frozen."""
    _send_to(recruiter, ANNA)
    _archive(recruiter)

    def report() -> None:
        session, account_id = recruiter.session, recruiter.account.id
        opt_out = OptOut(ANNA, source, Note(NoteKind.UNSUBSCRIBED), recruiter.services.clock())
        reported_opt_outs.store(session, account_id, "another", [opt_out])
        session.commit()

    before_step("existing_members", report)
    _send_to(recruiter, ANNA, BOB)
    assert recruiter.mailed_addresses == [ANNA, BOB]
    assert _anna(recruiter).status == "archived"


def test_a_member_is_read_again_before_it_is_restored(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of members may be minutes old; meanwhile the person came back and left again."""
    _send_to(recruiter, ANNA)
    _archive(recruiter)
    read_changed = MemberEndpoints.members_changed

    def read_then_leave(*arguments: object) -> Iterator[object]:
        yield from list(read_changed(*arguments))  # type: ignore[arg-type]
        for status in ("subscribed", "unsubscribed"):
            state, audience = recruiter.standin.state, recruiter.audience
            membership.set_status(state, audience, _anna(recruiter), status, "user")

    monkeypatch.setattr(MemberEndpoints, "members_changed", read_then_leave)
    _send_to(recruiter, ANNA, BOB)
    assert recruiter.mailed_addresses == [ANNA, BOB]
    assert _anna(recruiter).status == "unsubscribed"


def _send_to(recruiter: Recruiter, *addresses: str, **person: str) -> None:
    recruiter.campaign = recruiter.host.add_campaign(f"Round {next(recruiter.counter)}")
    recruiter.add(*addresses, **person)
    recruiter.send()
    recruiter.run_workers()


def _archive(recruiter: Recruiter) -> None:
    state, audience = recruiter.standin.state, recruiter.audience
    membership.set_status(state, audience, _anna(recruiter), "archived", "admin")


def _anna(recruiter: Recruiter) -> Member:
    return recruiter.audience.members[subscriber_hash(ANNA)]


def _change(recruiter: Recruiter, model: type[Mailing | Recipient], **values: object) -> None:
    """Changes all rows of the first mailing."""
    session = recruiter.session
    session.execute(update(model).values(**values))
    session.commit()
