"""What must hold after every case: the stand-in's mails and campaigns compared with our tables."""

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
    """Drafts at MailChimp that no mailing knows and no retry would find by its title."""
    mailings = env.fetch_all(select(Mailing))
    known_ids = {mailing.remote_id for mailing in mailings}
    title_endings = tuple(
        f"/{mailing.segment_id}]"
        for mailing in mailings
        if mailing.create_intent_at and not mailing.remote_id
    )
    return [
        campaign
        for campaign in env.remote_account.campaigns.values()
        if campaign.status in ("save", "schedule")
        and campaign.id not in known_ids
        and not campaign.settings["title"].endswith(title_endings)
    ]


def check_invariants(
    env: FaultEnvironment, also_allowed: tuple[str, ...] = (), sweep: bool = True
) -> None:
    """Checks that mails, campaigns and rows agree, and that nothing is left open.

    Args:
        env: After the case.
        also_allowed: Addresses that may have been mailed besides the expected ones.
        sweep: Whether orphaned drafts must be gone after the hour in which they are swept.
    """
    mails = Counter(mailed_addresses(env))
    assert [a for a, count in mails.items() if count > 1] == [], "somebody was mailed twice"
    assert set(mails) <= {*env.expected, *also_allowed}, "an excluded address was mailed"
    sent = {mail.campaign for mail in env.standin.outbox}
    assert len(sent) <= 1, "two MailChimp campaigns were sent"
    assert env.standin.state.resubscribed == [], "somebody was resubscribed"
    assert env.active_operations() == [], "an operation never ended"
    mailing = env.mailing
    if mailing is not None:
        _check_mailing(env, mailing, sent)
    if sweep:
        _check_orphan_sweep(env)


def _check_mailing(env: FaultEnvironment, mailing: Mailing, sent: set[str]) -> None:
    assert mailing.state in FINAL_STATES, mailing.state
    is_due_later = (
        mailing.state == "scheduled" and (mailing.schedule_at or 0) > env.services.clock()
    )
    assert not (sent and (mailing.state == "none" or is_due_later)), "sent, but not shown as sent"
    assert not (sent and mailing.remote_id not in sent), "another campaign is shown than was sent"
    if mailing.state in ("not_ready", "attention"):
        assert mailing.problems, "the page shows no problem"


def _check_orphan_sweep(env: FaultEnvironment) -> None:
    if not orphaned_drafts(env):
        return
    env.advance(2 * HOUR)
    env.pass_round()
    env.queue.run_all()
    assert [draft.settings["title"] for draft in orphaned_drafts(env)] == []
