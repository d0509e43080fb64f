"""The random walk: campaigns with random faults, crashes and opt-outs, and what must hold for all of them."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from tests.faults import fault_kinds
from tests.faults.call_hooks import WorkerKilled
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import orphaned_drafts
from tests.faults.scenarios import (
    UNVERIFIED_DOMAIN,
    press_check,
    press_connect,
    press_delete,
    press_retry,
    press_schedule,
    press_send,
    press_unready,
    press_unschedule,
)

# Probabilities: a fault per call, a crash per step, an opt-out per call.
P_FAULT, P_CRASH, P_OPT_OUT = 0.2, 0.1, 0.02
COMMITS_PER_STEP = 5
SLOW = ("timeout_after", "drip", "big_body", "gzip_bomb", fault_kinds.CONNECTION_REFUSED)
FAST_TRANSIENT = [kind for kind in fault_kinds.TRANSIENT if kind not in SLOW]
# Campaigns until the environment is restored: enough for one to disturb another.
CAMPAIGNS_PER_RESET = 20

Button = Callable[[FaultEnvironment, str], object]
# The first button of a campaign, with weights.
FIRST_BUTTONS: tuple[tuple[Button, int], ...] = (
    (press_send, 6),
    (press_schedule, 3),
    (press_unready, 1),
)
BUTTONS: tuple[Button, ...] = (
    press_retry,
    press_check,
    press_retry,
    press_delete,
    press_unschedule,
)


@dataclass
class WalkedCampaign:
    """One campaign of the walk, with the people who must not get its mail."""

    ref: str
    people: dict[str, PersonRef]
    excluded: set[str] = field(default_factory=set)
    excluded_late: set[str] = field(default_factory=set)
    """Opted out when MailChimp may have been asked to send already: mailed or not, both are right."""


@dataclass
class RandomWalk:
    """Runs random campaigns; `counts` says what happened.

    The random numbers start anew at every reset, so a walk can continue at any multiple of
    CAMPAIGNS_PER_RESET.
    """

    checkpoints: Checkpoints
    seed: int
    number: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    campaigns: list[WalkedCampaign] = field(default_factory=list)
    """Since the last reset."""

    def walk(self, operations: int) -> None:
        """Runs that many campaigns."""
        for index in range(operations):
            if index % CAMPAIGNS_PER_RESET == 0:
                self.reset()
            self.run_campaign()
            if index % CAMPAIGNS_PER_RESET == CAMPAIGNS_PER_RESET - 1 or index == operations - 1:
                self.sweep()

    def reset(self) -> None:
        self.random = random.Random(f"{self.seed}/{self.number}")
        self.environment = self.checkpoints.restore("ready")
        self.campaigns = []
        self.environment.call_hooks.before = self.before_call
        self.environment.commit_hooks.after = self.after_commit

    # One campaign, from its press to its end.

    def run_campaign(self) -> None:
        self.number += 1
        self.campaigns.append(self.create_campaign())
        self.press(self.random.choices(*zip(*FIRST_BUTTONS, strict=True))[0])
        for _ in range(self.random.randrange(4)):
            if self.random.random() < 0.2:
                self.environment.remote_account.domains[UNVERIFIED_DOMAIN].verified = True
            self.press(self.random.choice(BUTTONS))
        self.let_time_pass()
        self.check_invariants()

    def create_campaign(self) -> WalkedCampaign:
        env, n = self.environment, self.number
        env.campaign = env.host.add_campaign(f"Tocht {n}")
        addresses = [f"{name}{n}@kandidaten.example" for name in ("anna", "bram", "carla", "daan")]
        people = {address: env.host.add_person(address) for address in addresses}
        same_address = env.host.add_person(addresses[0].upper())
        env.host.add_to_campaign(env.campaign, *people.values(), same_address)
        campaign = WalkedCampaign(env.campaign, people)
        self.opt_out_in_time(campaign, addresses[3])
        return campaign

    def press(self, button: Button) -> None:
        """Presses a button, which the page may not show any more."""
        if self.environment.account.key_refused:
            self.press_and_work(press_connect, f"key {self.random.random()}")
        self.settle_late_opt_outs()
        self.press_and_work(button, f"{self.number} {self.random.random()}")

    def press_and_work(self, button: Button, nonce: str) -> None:
        """Presses, again with the same form if the press itself died, and runs workers."""
        env = self.environment
        try:
            env.worker_died = False
            with env.under_test():
                button(env, nonce)
            if env.worker_died:
                button(env, nonce)
            self.counts[f"pressed {button.__name__.removeprefix('press_')}"] += 1
        except (Conflict, Invalid):
            env.session.rollback()
        env.run_workers(rounds=60)

    def let_time_pass(self) -> None:
        """Lets a scheduled campaign come near its time, be checked, and go out."""
        mailing = self.environment.mailing
        if mailing is None or mailing.state != "scheduled" or mailing.schedule_at is None:
            return
        for seconds_before in (1150, -120):
            remaining = mailing.schedule_at - self.environment.services.clock() - seconds_before
            self.environment.advance(max(remaining, 0))
            self.environment.pass_round()
            self.environment.run_workers(rounds=60)

    # Random events.

    def before_call(self, name: str, number: int) -> None:
        del name, number
        if self.random.random() < P_OPT_OUT:
            self.opt_out()
        if self.random.random() < P_FAULT:
            is_permanent = self.random.random() < 0.1
            kind = self.random.choice(fault_kinds.PERMANENT if is_permanent else FAST_TRANSIENT)
            options = fault_kinds.OPTIONS.get(kind, {})
            self.environment.standin.state.faults.add("* /**", kind, **options)
            self.counts["faults"] += 1

    def after_commit(self, name: str, number: int) -> None:
        del name, number
        if self.random.random() < P_CRASH / COMMITS_PER_STEP:
            self.counts["crashes"] += 1
            raise WorkerKilled

    def opt_out(self) -> None:
        """Opts a random person out: in time, unless a send intent is open."""
        campaign = self.random.choice(self.campaigns)
        address = self.random.choice(list(campaign.people))
        with self.environment.other_process() as session:
            send_intent = session.execute(
                select(Mailing.send_intent_at).where(Mailing.campaign_ref == campaign.ref)
            ).scalar_one_or_none()
        self.counts["opt-outs"] += 1
        if send_intent is None:
            self.opt_out_in_time(campaign, address)
        else:
            campaign.excluded_late.add(address)
            self.environment.host.opt_out(OPT_OUT_TAG, [campaign.people[address]], "late")

    def opt_out_in_time(self, campaign: WalkedCampaign, address: str) -> None:
        if address not in campaign.excluded_late:
            campaign.excluded.add(address)
        self.environment.host.opt_out(OPT_OUT_TAG, [campaign.people[address]], "in time")

    def settle_late_opt_outs(self) -> None:
        """Without an open intent nothing was sent: late opt-outs are in time for the next press."""
        mailing, campaign = self.environment.mailing, self.campaigns[-1]
        if mailing is not None and mailing.send_intent_at is None and not self.mails(campaign):
            campaign.excluded |= campaign.excluded_late
            campaign.excluded_late.clear()

    # What must hold.

    def mails(self, campaign: WalkedCampaign) -> list[str]:
        """Addresses of the campaign that were mailed."""
        addresses = self.environment.standin.outbox.addresses()
        return [address for address in addresses if address in campaign.people]

    def check_invariants(self) -> None:
        """Checks all campaigns since the reset: a later one must not disturb an earlier one."""
        where = f"seed {self.seed}, campaign {self.number}"
        outbox = self.environment.standin.outbox
        assert self.environment.standin.state.resubscribed == [], where
        assert self.environment.active_operations() == [], where
        known = {address for campaign in self.campaigns for address in campaign.people}
        assert set(outbox.addresses()) <= known, f"{where}: a stranger was mailed"
        for campaign in self.campaigns:
            mails = self.mails(campaign)
            assert len(mails) == len(set(mails)), f"{where}: somebody was mailed twice"
            assert not set(mails) & campaign.excluded, f"{where}: mailed after opting out"
            sent = {mail.campaign for mail in outbox if mail.address in campaign.people}
            assert len(sent) <= 1, f"{where}: two MailChimp campaigns were sent"
        mailing, campaign = self.environment.mailing, self.campaigns[-1]
        self.counts[f"ended {mailing.state if mailing else 'before it began'}"] += 1
        self.counts["mails"] += len(self.mails(campaign))
        if mailing is not None and mailing.state in ("sending", "sent"):
            excluded = campaign.excluded | campaign.excluded_late
            missing = set(campaign.people) - excluded - set(self.mails(campaign))
            assert not missing, f"{where}: not everybody was mailed"

    def sweep(self) -> None:
        """Checks, without further random events, that four hours later no draft is orphaned."""
        self.environment.call_hooks.clear()
        self.environment.commit_hooks.clear()
        self.environment.standin.state.faults.clear()
        if self.environment.account.key_refused:
            self.press_and_work(press_connect, "the last key")
        for _ in range(2):
            self.environment.advance(7200)
            self.environment.pass_round()
            self.environment.run_workers()
        titles = [draft.settings["title"] for draft in orphaned_drafts(self.environment)]
        assert not titles, f"seed {self.seed}, campaign {self.number}: left behind {titles}"
