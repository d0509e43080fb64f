"""The random walk: campaigns with random faults, deaths and opt-outs, and one oracle over all of them."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from cxmc_ext.db.models import Mailing
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.values import OPT_OUT_TAG, PersonRef
from tests.faults import kinds
from tests.faults.lab import Lab
from tests.faults.oracle import drafts
from tests.faults.starts import Starts
from tests.faults.stories import (
    press_check,
    press_connect,
    press_delete,
    press_retry,
    press_schedule,
    press_send,
    press_unready,
    press_unschedule,
)
from tests.faults.tap import Killed

P_FAULT, P_DEATH, P_OPT_OUT = 0.2, 0.1, 0.02
COMMITS_PER_STEP = 5
SLOW = ("timeout_after", "drip", "big_body", "gzip_bomb", kinds.REFUSED)
PASSING = [kind for kind in kinds.PASSING if kind not in SLOW]
FRESH = 20
"""Campaigns until the world is wound back: long enough for one to trip over another."""

Button = Callable[[Lab, str], object]
FIRST: tuple[tuple[Button, int], ...] = ((press_send, 6), (press_schedule, 3), (press_unready, 1))
BUTTONS: tuple[Button, ...] = (
    press_retry,
    press_check,
    press_retry,
    press_delete,
    press_unschedule,
)


@dataclass
class Tour:
    """One campaign of the walk. `late`: opted out when MailChimp may have been asked already."""

    ref: str
    people: dict[str, PersonRef]
    closed: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)


@dataclass
class Wanderer:
    """Walks through campaigns; `tally` counts what happened on the way.

    Chance begins anew with each world, so that a walk can be taken up at any multiple of FRESH.
    """

    starts: Starts
    seed: int
    number: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    tours: list[Tour] = field(default_factory=list)

    def walk(self, operations: int) -> None:
        for done in range(operations):
            if done % FRESH == 0:
                self.begin()
            self.tour()
            if done % FRESH == FRESH - 1 or done == operations - 1:
                self.sweep()

    def begin(self) -> None:
        self.chance = random.Random(f"{self.seed}/{self.number}")
        self.lab = self.starts.at("ready")
        self.tours = []
        self.lab.tap.before = self.before_call
        self.lab.commits.after = self.after_commit

    # One campaign, from its press to its end.

    def tour(self) -> None:
        self.number += 1
        tour = self.campaign()
        self.tours.append(tour)
        self.press(self.chance.choices(*zip(*FIRST, strict=True))[0])
        for _ in range(self.chance.randrange(4)):
            if self.chance.random() < 0.2:
                self.lab.there.domains["nieuwedomein.example"].verified = True
            self.press(self.chance.choice(BUTTONS))
        self.let_time_pass()
        self.judge()

    def campaign(self) -> Tour:
        lab, n = self.lab, self.number
        lab.campaign = lab.host.add_campaign(f"Tocht {n}")
        addresses = [f"{name}{n}@kandidaten.example" for name in ("anna", "bram", "carla", "daan")]
        tour = Tour(lab.campaign, {each: lab.host.add_person(each) for each in addresses})
        twin = lab.host.add_person(addresses[0].upper())
        lab.host.add_to_campaign(lab.campaign, *tour.people.values(), twin)
        self.leave(tour, addresses[3])
        return tour

    def press(self, button: Button) -> None:
        """A button that may not be there any more; who sees it fail sends the same form again."""
        if self.lab.account.key_refused:
            self.work_on(press_connect, f"key {self.chance.random()}")
        self.settle_late()
        self.work_on(button, f"{self.number} {self.chance.random()}")

    def work_on(self, button: Button, nonce: str) -> None:
        lab = self.lab
        try:
            lab.died = False
            with lab.under_test():
                button(lab, nonce)
            if lab.died:
                button(lab, nonce)
            self.tally[f"pressed {button.__name__.removeprefix('press_')}"] += 1
        except (Conflict, Invalid):
            lab.session.rollback()
        lab.work(rounds=60)

    def let_time_pass(self) -> None:
        """A scheduled campaign comes near its time, is looked after, and goes out."""
        mailing = self.lab.mailing
        if mailing is None or mailing.state != "scheduled" or mailing.schedule_at is None:
            return
        for before in (1150, -120):
            left = mailing.schedule_at - self.lab.services.clock() - before
            self.lab.advance(max(left, 0))
            self.lab.pass_round()
            self.lab.work(rounds=60)

    # What chance does to it.

    def before_call(self, name: str, number: int) -> None:
        del name, number
        if self.chance.random() < P_OPT_OUT:
            self.opt_out()
        if self.chance.random() < P_FAULT:
            final = self.chance.random() < 0.1
            kind = self.chance.choice(kinds.FINAL if final else PASSING)
            options = kinds.OPTIONS.get(kind, {})
            self.lab.standin.state.faults.add("* /**", kind, **options)
            self.tally["faults"] += 1

    def after_commit(self, name: str, number: int) -> None:
        del name, number
        if self.chance.random() < P_DEATH / COMMITS_PER_STEP:
            self.tally["deaths"] += 1
            raise Killed

    def opt_out(self) -> None:
        """In time, unless MailChimp may have been asked to send already."""
        tour = self.chance.choice(self.tours)
        address = self.chance.choice(list(tour.people))
        with self.lab.aside() as session:
            asked = session.execute(
                select(Mailing.intent_at).where(Mailing.campaign_ref == tour.ref)
            ).scalar_one_or_none()
        self.tally["opt-outs"] += 1
        if asked is None:
            self.leave(tour, address)
        else:
            tour.late.add(address)
            self.lab.host.opt_out(OPT_OUT_TAG, [tour.people[address]], "late")

    def leave(self, tour: Tour, address: str) -> None:
        if address not in tour.late:
            tour.closed.add(address)
        self.lab.host.opt_out(OPT_OUT_TAG, [tour.people[address]], "in time")

    def settle_late(self) -> None:
        """Before a new press on a campaign with no open intent, who was late for the last one is in time."""
        mailing, tour = self.lab.mailing, self.tours[-1]
        if mailing is not None and mailing.intent_at is None and not self.mails(tour):
            tour.closed |= tour.late
            tour.late.clear()

    # What must hold.

    def mails(self, tour: Tour) -> list[str]:
        return [each for each in self.lab.standin.journal.addresses() if each in tour.people]

    def judge(self) -> None:
        """Over all campaigns since the beginning: a later one must not disturb an earlier one."""
        where = f"seed {self.seed}, campaign {self.number}"
        journal = self.lab.standin.journal
        assert self.lab.standin.state.raised == [], where
        assert self.lab.active() == [], where
        known = {address for tour in self.tours for address in tour.people}
        assert set(journal.addresses()) <= known, f"{where}: a stranger"
        for tour in self.tours:
            mails = self.mails(tour)
            assert len(mails) == len(set(mails)), f"{where}: twice"
            assert not set(mails) & tour.closed, f"{where}: mailed after opting out"
            sent = {mail.campaign for mail in journal if mail.address in tour.people}
            assert len(sent) <= 1, f"{where}: two MailChimp campaigns"
        mailing = self.lab.mailing
        self.tally[f"ended {mailing.state if mailing else 'before it began'}"] += 1
        self.tally["mails"] += len(self.mails(self.tours[-1]))
        if mailing is not None and mailing.state in ("sending", "sent"):
            tour = self.tours[-1]
            missing = set(tour.people) - tour.closed - tour.late - set(self.mails(tour))
            assert not missing, f"{where}: somebody was forgotten"

    def sweep(self) -> None:
        """Without further chance: two hours on, nothing of ours lies about."""
        self.lab.tap.clear()
        self.lab.commits.clear()
        self.lab.standin.state.faults.clear()
        if self.lab.account.key_refused:
            self.work_on(press_connect, "the last key")
        for _ in range(2):
            self.lab.advance(7200)
            self.lab.pass_round()
            self.lab.work()
        titles = [each.settings["title"] for each in drafts(self.lab)]
        assert not titles, f"seed {self.seed}, campaign {self.number}: left behind {titles}"
