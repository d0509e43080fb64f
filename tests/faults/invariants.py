"""One oracle for all cases: what the stand-in delivered and keeps, beside what our rows say."""

from collections import Counter

from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.standin.models import Campaign
from tests.faults.fault_environment import FaultEnvironment

FINAL_STATES = (
    "none",
    "not_ready",
    "in_mailchimp",
    "scheduled",
    "sending",
    "sent",
    "cancelled",
    "attention",
)
HOUR = 3600


def mailed_addresses(env: FaultEnvironment) -> list[str]:
    return sorted(env.standin.outbox.addresses())


def orphaned_drafts(env: FaultEnvironment) -> list[Campaign]:
    """Drafts at MailChimp that no mailing of ours knows, nor will find when somebody tries again."""
    mailings = env.session.execute(select(Mailing)).scalars().all()
    known = {each.remote_id for each in mailings}
    marks = [
        f"/{each.segment_id}]" for each in mailings if each.create_intent_at and not each.remote_id
    ]
    env.session.rollback()
    return [
        each
        for each in env.remote_account.campaigns.values()
        if each.status in ("save", "schedule")
        and each.id not in known
        and not each.settings["title"].endswith(tuple(marks))
    ]


def check_invariants(env: FaultEnvironment, may: tuple[str, ...] = (), sweep: bool = True) -> None:
    """Nobody twice, nobody wrongly, no second campaign, no status raised, nothing left open or lying."""
    mails = Counter(mailed_addresses(env))
    assert [a for a, count in mails.items() if count > 1] == [], "somebody was mailed twice"
    assert set(mails) <= {*env.expected, *may}, "a stranger or somebody who left was mailed"
    sent = {mail.campaign for mail in env.standin.outbox}
    assert len(sent) <= 1, "two MailChimp campaigns were sent"
    assert env.standin.state.resubscribed == [], "a status was raised"
    assert env.active_operations() == [], "an operation never ended"
    mailing = env.mailing
    if mailing is not None:
        assert mailing.state in FINAL_STATES, mailing.state
        early = mailing.state == "scheduled" and (mailing.schedule_at or 0) > env.services.clock()
        assert not (sent and (mailing.state == "none" or early)), "sent, and the page denies it"
        assert not (sent and mailing.remote_id not in sent), (
            "another campaign is shown than was sent"
        )
        if mailing.state in ("not_ready", "attention"):
            assert mailing.problems, "nobody is told why"
    if sweep:
        _nothing_lies_about(env)


def _nothing_lies_about(env: FaultEnvironment) -> None:
    """A draft whose creation was never answered is swept an hour later."""
    if not orphaned_drafts(env):
        return
    env.advance(2 * HOUR)
    env.pass_round()
    env.queue.run_all()
    assert [each.settings["title"] for each in orphaned_drafts(env)] == []
