"""Where the stories begin: each is built once, kept as a checkpoint, and wound back to for every case."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from cxmc_ext.standin import reactions
from cxmc_ext.standin.cast import subscriber_hash
from cxmc_ext.usecases import steps_audience, steps_segment
from tests.faults import people
from tests.faults.deaths import AFTER, Death
from tests.faults.lab import Checkpoint, Lab
from tests.faults.people import WANTED
from tests.faults.sites import CALLS
from tests.faults.stories import (
    Press,
    press_activate,
    press_connect,
    press_schedule,
    press_send,
    press_unready,
)

LATE = "late@kandidaten.example"
SEND = "POST /campaigns/*/actions/send"


def nothing(lab: Lab) -> None:
    del lab


def active(lab: Lab) -> None:
    press_activate(lab, "start-activate")
    lab.work()


def ready(lab: Lab) -> None:
    press_connect(lab, "start-connect")
    lab.work()
    people.arrange(lab)


def scheduled(lab: Lab) -> None:
    press_schedule(lab, "start-schedule")
    lab.work()


def unready(lab: Lab) -> None:
    press_unready(lab, "start-unready")
    lab.work()


def verified(lab: Lab) -> None:
    lab.there.domains["nieuwedomein.example"].verified = True


def built(lab: Lab) -> None:
    """Everything up to the draft is made; then the worker died, and its lease ran out."""
    _die_while_pressing(lab, press_send)


def built_to_schedule(lab: Lab) -> None:
    _die_while_pressing(lab, press_schedule)


def lost_draft(lab: Lab) -> None:
    """Created at MailChimp without an answer, then nobody came until it was too late."""
    lab.standin.state.faults.add("POST /campaigns", "reset_after")
    press_send(lab, "start-lost")
    lab.queue.run_all()
    lab.advance(1200)
    lab.work()


def late_opt_out(lab: Lab) -> None:
    """Draft and segment hold somebody who opted out between the intent and a send that never arrived."""
    lab.host.add_to_campaign(lab.campaign, lab.host.add_person(LATE))
    lab.standin.state.faults.add(SEND, "reset_before")
    press_send(lab, "start-late")
    lab.queue.run_all()
    people.opt_out(lab, LATE)
    lab.work()


def late_and_scheduled(lab: Lab) -> None:
    """Somebody opted out of a scheduled campaign that goes out in a quarter of an hour."""
    lab.host.add_to_campaign(lab.campaign, lab.host.add_person(LATE))
    scheduled(lab)
    people.opt_out(lab, LATE)
    mailing = lab.mailing
    lab.advance(((mailing and mailing.schedule_at) or 0) - lab.services.clock() - 1100)


def left_behind(lab: Lab) -> None:
    """A draft whose creation arrived after it was given up; two hours ago."""
    lab.standin.state.faults.add("POST /campaigns", "reset_before")
    press_send(lab, "start-left")
    lab.work()
    twin = next(iter(lab.there.campaigns.values()))
    settings = dict(twin.settings)
    lab.there.campaigns["0123456789"] = replace(
        twin, id="0123456789", status="save", settings=settings, recipients={}, links={}
    )
    lab.advance(7200)


def new_template(lab: Lab) -> None:
    known = lab.there.templates["10001"]
    lab.there.templates["10099"] = replace(known, id=10_099, name="Nieuw sjabloon")


def opened(lab: Lab) -> None:
    """Sent an hour ago; since then two opened it and one of them left."""
    press_send(lab, "start-opened")
    lab.work()
    lab.advance(3600)
    state, mailing = lab.standin.state, lab.mailing
    with state.lock:
        campaign = lab.there.campaigns[(mailing and mailing.remote_id) or ""]
        now = state.clock.now() - 60
        for address in WANTED[:2]:
            reactions.opened(campaign, subscriber_hash(address), now)
        reactions.unsubscribed(
            state, lab.there, campaign, subscriber_hash(WANTED[1]), "too much", now + 30
        )


def one(lab: Lab) -> None:
    """So few that each is looked up alone."""
    lab.campaign = lab.host.add_campaign("Eén kandidaat")
    lab.wanted = WANTED[:1]
    lab.host.add_to_campaign(lab.campaign, people.person(lab, WANTED[0]))


def time_has_come(lab: Lab) -> None:
    """A scheduled campaign went out; nobody here has seen it yet."""
    mailing = lab.mailing
    lab.advance(((mailing and mailing.schedule_at) or 0) - lab.services.clock() + 120)


_STARTS: Mapping[str, tuple[str | None, Callable[[Lab], None]]] = {
    "nothing": (None, nothing),
    "active": ("nothing", active),
    "ready": ("active", ready),
    "scheduled": ("ready", scheduled),
    "unready": ("ready", unready),
    "verified": ("unready", verified),
    "lost draft": ("ready", lost_draft),
    "late opt-out": ("ready", late_opt_out),
    "built": ("ready", built),
    "built to schedule": ("ready", built_to_schedule),
    "late and scheduled": ("ready", late_and_scheduled),
    "left behind": ("ready", left_behind),
    "new template": ("ready", new_template),
    "opened": ("ready", opened),
    "one": ("ready", one),
    "batches": ("ready", nothing),
    "time has come": ("scheduled", time_has_come),
}


def _die_while_pressing(lab: Lab, press: Press) -> None:
    Death("send", AFTER, len(CALLS["send"]) - 6).arm(lab)
    with lab.under_test():
        press(lab, "start-built")
        lab.queue.run_all()
    lab.skip_pauses()


BATCH = {"batches": 1}
"""Batches of one make a handful of people as many batches."""


class Starts:
    """Winds a lab back to a start, building it from the one before it at first need."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._kept: dict[str, tuple[Checkpoint, str, tuple[str, ...]]] = {}

    def at(self, name: str) -> Lab:
        lab = self.lab
        if name not in self._kept:
            before, build = _STARTS[name]
            if before is not None:
                self.at(before)
            build(lab)
            self._kept[name] = (lab.checkpoint(), lab.campaign, lab.wanted)
        point, lab.campaign, lab.wanted = self._kept[name]
        lab.restore(point)
        steps_audience.BATCH = steps_segment.BATCH = BATCH.get(name, 500)
        return lab
