"""The random walk: campaigns with random faults, deaths and opt-outs, and one oracle over all of them."""

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
    press_check,
    press_connect,
    press_delete,
    press_retry,
    press_schedule,
    press_send,
    press_unready,
    press_unschedule,
)

P_FAULT, P_DEATH, P_OPT_OUT = 0.2, 0.1, 0.02
COMMITS_PER_STEP = 5
SLOW = ("timeout_after", "drip", "big_body", "gzip_bomb", fault_kinds.CONNECTION_REFUSED)
FAST_TRANSIENT = [kind for kind in fault_kinds.TRANSIENT if kind not in SLOW]
CAMPAIGNS_PER_RESET = 20
"""Campaigns until the world is wound back: long enough for one to trip over another."""

Button = Callable[[FaultEnvironment, str], object]
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
    """One campaign of the walk. `late`: opted out when MailChimp may have been asked already."""

    ref: str
    people: dict[str, PersonRef]
    excluded: set[str] = field(default_factory=set)
    excluded_late: set[str] = field(default_factory=set)


@dataclass
class RandomWalk:
    """Walks through campaigns; `tally` counts what happened on the way.

    Chance begins anew with each world, so that a walk can be taken up at any multiple of FRESH.
    """

    checkpoints: Checkpoints
    seed: int
    number: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    campaigns: list[WalkedCampaign] = field(default_factory=list)

    def walk(self, operations: int) -> None:
        for done in range(operations):
            if done % CAMPAIGNS_PER_RESET == 0:
                self.reset()
            self.run_campaign()
            if done % CAMPAIGNS_PER_RESET == CAMPAIGNS_PER_RESET - 1 or done == operations - 1:
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
        walked = self.create_campaign()
        self.campaigns.append(walked)
        self.press(self.random.choices(*zip(*FIRST_BUTTONS, strict=True))[0])
        for _ in range(self.random.randrange(4)):
            if self.random.random() < 0.2:
                self.environment.remote_account.domains["nieuwedomein.example"].verified = True
            self.press(self.random.choice(BUTTONS))
        self.let_time_pass()
        self.check_invariants()

    def create_campaign(self) -> WalkedCampaign:
        env, n = self.environment, self.number
        env.campaign = env.host.add_campaign(f"Tocht {n}")
        addresses = [f"{name}{n}@kandidaten.example" for name in ("anna", "bram", "carla", "daan")]
        walked = WalkedCampaign(
            env.campaign, {each: env.host.add_person(each) for each in addresses}
        )
        twin = env.host.add_person(addresses[0].upper())
        env.host.add_to_campaign(env.campaign, *walked.people.values(), twin)
        self.opt_out_in_time(walked, addresses[3])
        return walked

    def press(self, button: Button) -> None:
        """A button that may not be there any more; who sees it fail sends the same form again."""
        if self.environment.account.key_refused:
            self.press_and_work(press_connect, f"key {self.random.random()}")
        self.settle_late()
        self.press_and_work(button, f"{self.number} {self.random.random()}")

    def press_and_work(self, button: Button, nonce: str) -> None:
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
        """A scheduled campaign comes near its time, is looked after, and goes out."""
        mailing = self.environment.mailing
        if mailing is None or mailing.state != "scheduled" or mailing.schedule_at is None:
            return
        for before in (1150, -120):
            left = mailing.schedule_at - self.environment.services.clock() - before
            self.environment.advance(max(left, 0))
            self.environment.pass_round()
            self.environment.run_workers(rounds=60)

    # What chance does to it.

    def before_call(self, name: str, number: int) -> None:
        del name, number
        if self.random.random() < P_OPT_OUT:
            self.opt_out()
        if self.random.random() < P_FAULT:
            final = self.random.random() < 0.1
            kind = self.random.choice(fault_kinds.PERMANENT if final else FAST_TRANSIENT)
            options = fault_kinds.OPTIONS.get(kind, {})
            self.environment.standin.state.faults.add("* /**", kind, **options)
            self.counts["faults"] += 1

    def after_commit(self, name: str, number: int) -> None:
        del name, number
        if self.random.random() < P_DEATH / COMMITS_PER_STEP:
            self.counts["deaths"] += 1
            raise WorkerKilled

    def opt_out(self) -> None:
        """In time, unless MailChimp may have been asked to send already."""
        walked = self.random.choice(self.campaigns)
        address = self.random.choice(list(walked.people))
        with self.environment.other_process() as session:
            asked = session.execute(
                select(Mailing.send_intent_at).where(Mailing.campaign_ref == walked.ref)
            ).scalar_one_or_none()
        self.counts["opt-outs"] += 1
        if asked is None:
            self.opt_out_in_time(walked, address)
        else:
            walked.excluded_late.add(address)
            self.environment.host.opt_out(OPT_OUT_TAG, [walked.people[address]], "late")

    def opt_out_in_time(self, walked: WalkedCampaign, address: str) -> None:
        if address not in walked.excluded_late:
            walked.excluded.add(address)
        self.environment.host.opt_out(OPT_OUT_TAG, [walked.people[address]], "in time")

    def settle_late(self) -> None:
        """Before a new press on a campaign with no open intent, who was late for the last one is in time."""
        mailing, walked = self.environment.mailing, self.campaigns[-1]
        if mailing is not None and mailing.send_intent_at is None and not self.mails(walked):
            walked.excluded |= walked.excluded_late
            walked.excluded_late.clear()

    # What must hold.

    def mails(self, walked: WalkedCampaign) -> list[str]:
        return [
            each for each in self.environment.standin.outbox.addresses() if each in walked.people
        ]

    def check_invariants(self) -> None:
        """Over all campaigns since the beginning: a later one must not disturb an earlier one."""
        where = f"seed {self.seed}, campaign {self.number}"
        journal = self.environment.standin.outbox
        assert self.environment.standin.state.resubscribed == [], where
        assert self.environment.active_operations() == [], where
        known = {address for walked in self.campaigns for address in walked.people}
        assert set(journal.addresses()) <= known, f"{where}: a stranger"
        for walked in self.campaigns:
            mails = self.mails(walked)
            assert len(mails) == len(set(mails)), f"{where}: twice"
            assert not set(mails) & walked.excluded, f"{where}: mailed after opting out"
            sent = {mail.campaign for mail in journal if mail.address in walked.people}
            assert len(sent) <= 1, f"{where}: two MailChimp campaigns"
        mailing = self.environment.mailing
        self.counts[f"ended {mailing.state if mailing else 'before it began'}"] += 1
        self.counts["mails"] += len(self.mails(self.campaigns[-1]))
        if mailing is not None and mailing.state in ("sending", "sent"):
            walked = self.campaigns[-1]
            missing = (
                set(walked.people)
                - walked.excluded
                - walked.excluded_late
                - set(self.mails(walked))
            )
            assert not missing, f"{where}: somebody was forgotten"

    def sweep(self) -> None:
        """Without further chance: two hours on, nothing of ours lies about."""
        self.environment.call_hooks.clear()
        self.environment.commit_hooks.clear()
        self.environment.standin.state.faults.clear()
        if self.environment.account.key_refused:
            self.press_and_work(press_connect, "the last key")
        for _ in range(2):
            self.environment.advance(7200)
            self.environment.pass_round()
            self.environment.run_workers()
        titles = [each.settings["title"] for each in orphaned_drafts(self.environment)]
        assert not titles, f"seed {self.seed}, campaign {self.number}: left behind {titles}"
