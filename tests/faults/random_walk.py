"""The random walk: campaigns with random faults, crashes and opt-outs, and what must hold for all of them."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count

from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.errors import Conflict, Invalid
from tests.faults import walk_calls, walk_hygiene, walk_invariants, walk_obstacles
from tests.faults.call_hooks import WorkerKilled
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import orphaned_drafts
from tests.faults.scenarios import (
    QUARTER,
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
from tests.faults.walk_actions import ACTIONS
from tests.faults.walk_promises import Promises, WalkedCampaign
from tests.faults.walk_schedule import change_scheduled_campaign
from tests.faults.walk_state import WalkState

# Probability of a crash per step.
P_CRASH = 0.1
# A campaign is tried first while the CRM has no opt-out group.
P_NO_GROUPS = 0.05
P_STOP = 0.05
# What happened is not read before the next campaign: the send itself must find out who left.
P_UNREAD = 0.3
# A campaign is tried first over the contact limit; the frequency cap applies to a campaign.
P_OVER_LIMIT, P_CAP = 0.05, 0.2
# Rounds of a minute in which every report that changed is read.
SETTLE_ROUNDS = 2
# Seconds until the orphan sweep has run twice, and until addresses that seemed to be gone are looked for.
SWEEP_AFTER = (7200, 7200, 86_400)
# Seconds before the time of a scheduled campaign at which workers run.
SCHEDULE_CHECKS = (1150, 900, 600, 300, -120)
COMMITS_PER_STEP = 5
# Campaigns until the environment is restored: enough for one to disturb another.
CAMPAIGNS_PER_RESET = 20

Button = Callable[[FaultEnvironment, str], object]


def press_part(env: FaultEnvironment, nonce: str) -> object:
    """Sends, and MailChimp takes long: half of the mails are delivered, then nothing for a day."""
    env.standin.state.switches.change({"send_seconds": 86_400.0, "delivered_at_once": 0.5})
    return press_send(env, nonce)


# The first button of a campaign, with weights.
FIRST_BUTTONS: tuple[tuple[Button, int], ...] = (
    (press_send, 6),
    (press_schedule, 3),
    (press_unready, 1),
    (press_part, 1),
)
BUTTONS: tuple[Button, ...] = (
    press_retry,
    press_check,
    press_retry,
    press_delete,
    press_unschedule,
)


@dataclass
class RandomWalk(WalkState):
    """Runs random campaigns; `counts` says what happened.

    The random numbers start anew at every reset, so a walk can continue at any multiple of
    CAMPAIGNS_PER_RESET.
    """

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
        self.environment.freeze_clock(QUARTER)
        self.promises = Promises(self.environment.host)
        self.campaigns, self.people, self.elsewhere, self.touched = [], [], [], set()
        self.returning, self.archived, self.forwarded = [], set(), set()
        walk_hygiene.lift_cap(self.environment)
        self.has_moved, self.gone, self.names = False, set(), count(1)
        self.set_hooks()

    def set_hooks(self) -> None:
        before_call = partial(walk_calls.before_call, self)
        self.environment.call_hooks.before_with_arguments = before_call
        self.environment.commit_hooks.after = self.after_commit

    def end_random_events(self) -> None:
        self.environment.call_hooks.clear()
        self.environment.commit_hooks.clear()
        self.environment.standin.state.faults.clear()

    # One campaign, from its press to its end, and what people do afterwards.

    def run_campaign(self) -> None:
        self.number += 1
        self.calls.clear()
        campaign = self.create_campaign()
        self.campaigns.append(campaign)
        self.set_obstacles(campaign)
        self.press(self.random.choices(*zip(*FIRST_BUTTONS, strict=True))[0])
        for _ in range(self.random.randrange(4)):
            if self.random.random() < 0.2:
                self.environment.remote_account.domains[UNVERIFIED_DOMAIN].verified = True
            self.press(self.random.choice(BUTTONS))
        self.cancel_half_way(campaign)
        if self.random.random() < P_STOP:
            walk_obstacles.stop_and_allow(self)
        self.let_time_pass()
        self.check_mails()
        self.touched.add(campaign.ref)
        for _ in range(self.random.randrange(4)):
            action = self.random.choices(*zip(*ACTIONS, strict=True))[0]
            self.counts[f"did {action.__name__.strip('_').replace('_', ' ')}"] += 1
            action(self)
        if not self.has_moved and self.random.random() < P_UNREAD:
            self.promises.spread()
            self.counts["unread before the next campaign"] += 1
            return
        self.settle()
        walk_invariants.check_reports(self)

    def set_obstacles(self, campaign: WalkedCampaign) -> None:
        """A frequency cap, and first presses that must mail nobody."""
        walk_hygiene.lift_cap(self.environment)
        if self.random.random() < P_CAP:
            walk_hygiene.cap_frequency(self, campaign)
        if self.random.random() < P_NO_GROUPS:
            walk_obstacles.press_without_groups(self)
        if self.random.random() < P_OVER_LIMIT:
            walk_hygiene.press_over_the_limit(self)

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

    def cancel_half_way(self, campaign: WalkedCampaign) -> None:
        """Cancels what `press_part` has begun to send."""
        env = self.environment
        for remote in self.remote_campaigns(campaign):
            if remote.status == "sending":
                env.standin.actions.cancel(remote.id)
                campaign.cancelled = True
                self.counts["cancelled half-way"] += 1
        env.standin.state.switches.change({"send_seconds": 0.0, "delivered_at_once": 1.0})

    def let_time_pass(self) -> None:
        """Lets a scheduled campaign come near its time, be checked, and go out."""
        env, mailing = self.environment, self.environment.mailing
        if mailing is None or mailing.state != "scheduled" or mailing.schedule_at is None:
            return
        self.settle()  # where workers run, an hour does not pass unread
        campaign = self.campaigns[-1]
        excluded, addresses = set(campaign.excluded), set(campaign.people.values())
        if mailing.schedule_at - env.services.clock() > 1300 and self.random.random() < 0.5:
            change_scheduled_campaign(self, campaign)
        is_key_refused = False
        for seconds_before in SCHEDULE_CHECKS:
            remaining = mailing.schedule_at - env.services.clock() - seconds_before
            env.advance(max(remaining, 0))
            env.pass_round()
            env.run_workers(rounds=60)
            is_key_refused |= env.account.key_refused
        if is_key_refused:  # Nobody could unschedule it: docs/reliability.md, what remains.
            self.counts["key refused while scheduled"] += 1
            campaign.excluded_late |= set(campaign.people.values()) - addresses
            campaign.excluded_late |= campaign.excluded - excluded
            campaign.excluded &= excluded

    def settle(self) -> None:
        """Reads everything at MailChimp, without further random events."""
        env = self.environment
        self.end_random_events()
        if env.account.key_refused:
            self.press_and_work(press_connect, f"settle {self.random.random()}")
        for _ in range(SETTLE_ROUNDS):
            env.make_syncs_due(self.touched)
            env.pass_round()
            env.queue.run_all()
        env.run_workers()
        self.touched.clear()
        self.promises.spread()
        self.note_forwarded()
        self.set_hooks()

    def pass_hour(self) -> None:
        """Lets an hour pass after everything was read, as it is where workers run."""
        self.settle()
        self.environment.advance(3600)
        self.environment.pass_round()
        self.environment.run_workers(rounds=60)

    # Random events.

    def after_commit(self, name: str, number: int) -> None:
        del name, number
        if self.random.random() < P_CRASH / COMMITS_PER_STEP:
            self.counts["crashes"] += 1
            raise WorkerKilled

    def opt_out(self, chance: random.Random) -> None:
        """Opts a random person out: in time, unless a send intent is open."""
        host = self.environment.host
        if not host.groups or not self.people:
            return
        ref, campaign = chance.choice(self.people), self.campaigns[-1]
        with self.environment.other_process() as session:
            send_intent = session.execute(
                select(Mailing.send_intent_at).where(Mailing.campaign_ref == campaign.ref)
            ).scalar_one_or_none()
        self.counts["opt-outs"] += 1
        if send_intent is None:
            self.opt_out_in_time(campaign, ref)
        else:
            campaign.excluded_late.add(self.promises.address_of(ref))
            self.leave(ref, "late")

    def settle_late_opt_outs(self) -> None:
        """Without an open intent nothing was sent: late opt-outs are in time for the next press."""
        mailing, campaign = self.environment.mailing, self.campaigns[-1]
        if mailing is not None and mailing.send_intent_at is None and not self.mails(campaign):
            certain = {a for a in campaign.excluded_late if self.promises.is_forbidden(a)}
            campaign.excluded |= certain
            campaign.excluded_late -= certain

    def check_mails(self) -> None:
        walk_invariants.check_mails(self)
        mailing, campaign = self.environment.mailing, self.campaigns[-1]
        self.counts[f"ended {mailing.state if mailing else 'before it began'}"] += 1
        self.counts["mails"] += len(self.mails(campaign))

    def sweep(self) -> None:
        """Checks, without further random events, that nothing is left behind hours and a day later."""
        self.touched |= {campaign.ref for campaign in self.campaigns}
        self.settle()
        walk_invariants.check_reports(self)
        self.end_random_events()
        for seconds in SWEEP_AFTER:
            self.environment.advance(seconds)
            self.environment.pass_round()
            self.environment.run_workers()
        walk_invariants.check_mails(self)
        walk_invariants.check_no_leftovers(self)
        walk_hygiene.check_forwarding(self)
        titles = [draft.settings["title"] for draft in orphaned_drafts(self.environment)]
        assert not titles, f"{self.where}: left behind {titles}"
