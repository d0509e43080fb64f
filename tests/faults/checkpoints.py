"""Where the stories begin: each is built once, kept as a checkpoint, and wound back to for every case."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import engagement
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sending import segment as segment_steps
from tests.faults import people
from tests.faults.call_sequences import CALL_SEQUENCES
from tests.faults.crashes import AFTER_CALL, CrashPoint
from tests.faults.fault_environment import Checkpoint, FaultEnvironment
from tests.faults.people import EXPECTED
from tests.faults.scenarios import (
    Press,
    press_activate,
    press_connect,
    press_schedule,
    press_send,
    press_unready,
)

LATE = "late@kandidaten.example"
SEND = "POST /campaigns/*/actions/send"


def do_nothing(lab: FaultEnvironment) -> None:
    del lab


def active(lab: FaultEnvironment) -> None:
    press_activate(lab, "start-activate")
    lab.run_workers()


def ready(lab: FaultEnvironment) -> None:
    press_connect(lab, "start-connect")
    lab.run_workers()
    people.create_campaign(lab)


def scheduled(lab: FaultEnvironment) -> None:
    press_schedule(lab, "start-schedule")
    lab.run_workers()


def unready(lab: FaultEnvironment) -> None:
    press_unready(lab, "start-unready")
    lab.run_workers()


def verified(lab: FaultEnvironment) -> None:
    lab.remote_account.domains["nieuwedomein.example"].verified = True


def built(lab: FaultEnvironment) -> None:
    """Everything up to the draft is made; then the worker died, and its lease ran out."""
    _die_while_pressing(lab, press_send)


def built_to_schedule(lab: FaultEnvironment) -> None:
    _die_while_pressing(lab, press_schedule)


def lost_draft(lab: FaultEnvironment) -> None:
    """Created at MailChimp without an answer, then nobody came until it was too late."""
    lab.standin.state.faults.add("POST /campaigns", "reset_after")
    press_send(lab, "start-lost")
    lab.queue.run_all()
    lab.advance(1200)
    lab.run_workers()


def late_opt_out(lab: FaultEnvironment) -> None:
    """Draft and segment hold somebody who opted out between the intent and a send that never arrived."""
    lab.host.add_to_campaign(lab.campaign, lab.host.add_person(LATE))
    lab.standin.state.faults.add(SEND, "reset_before")
    press_send(lab, "start-late")
    lab.queue.run_all()
    people.opt_out(lab, LATE)
    lab.run_workers()


def late_and_scheduled(lab: FaultEnvironment) -> None:
    """Somebody opted out of a scheduled campaign that goes out in a quarter of an hour."""
    lab.host.add_to_campaign(lab.campaign, lab.host.add_person(LATE))
    scheduled(lab)
    people.opt_out(lab, LATE)
    mailing = lab.mailing
    lab.advance(((mailing and mailing.schedule_at) or 0) - lab.services.clock() - 1100)


def left_behind(lab: FaultEnvironment) -> None:
    """A draft whose creation arrived after it was given up; two hours ago."""
    lab.standin.state.faults.add("POST /campaigns", "reset_before")
    press_send(lab, "start-left")
    lab.run_workers()
    twin = next(iter(lab.remote_account.campaigns.values()))
    settings = dict(twin.settings)
    lab.remote_account.campaigns["0123456789"] = replace(
        twin, id="0123456789", status="save", settings=settings, recipients={}, links={}
    )
    lab.advance(7200)


def new_template(lab: FaultEnvironment) -> None:
    known = lab.remote_account.templates["10001"]
    lab.remote_account.templates["10099"] = replace(known, id=10_099, name="Nieuw sjabloon")


def opened(lab: FaultEnvironment) -> None:
    """Sent an hour ago; since then two opened it and one of them left."""
    press_send(lab, "start-opened")
    lab.run_workers()
    lab.advance(3600)
    state, mailing = lab.standin.state, lab.mailing
    with state.lock:
        campaign = lab.remote_account.campaigns[(mailing and mailing.remote_id) or ""]
        now = state.clock.now() - 60
        for address in EXPECTED[:2]:
            engagement.record_open(campaign, subscriber_hash(address), now)
        engagement.record_unsubscribe(
            state, lab.remote_account, campaign, subscriber_hash(EXPECTED[1]), "too much", now + 30
        )


def one(lab: FaultEnvironment) -> None:
    """So few that each is looked up alone."""
    lab.campaign = lab.host.add_campaign("Eén kandidaat")
    lab.expected = EXPECTED[:1]
    lab.host.add_to_campaign(lab.campaign, people.person_ref(lab, EXPECTED[0]))


def time_has_come(lab: FaultEnvironment) -> None:
    """A scheduled campaign went out; nobody here has seen it yet."""
    mailing = lab.mailing
    lab.advance(((mailing and mailing.schedule_at) or 0) - lab.services.clock() + 120)


_STARTS: Mapping[str, tuple[str | None, Callable[[FaultEnvironment], None]]] = {
    "nothing": (None, do_nothing),
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
    "batches": ("ready", do_nothing),
    "time has come": ("scheduled", time_has_come),
}


def _die_while_pressing(lab: FaultEnvironment, press: Press) -> None:
    CrashPoint("send", AFTER_CALL, len(CALL_SEQUENCES["send"]) - 6).arm(lab)
    with lab.under_test():
        press(lab, "start-built")
        lab.queue.run_all()
    lab.skip_pauses()


BATCH = {"batches": 1}
"""Batches of one make a handful of people as many batches."""


class Checkpoints:
    """Winds a lab back to a start, building it from the one before it at first need."""

    def __init__(self, lab: FaultEnvironment) -> None:
        self.environment = lab
        self._kept: dict[str, tuple[Checkpoint, str, tuple[str, ...]]] = {}

    def restore(self, name: str) -> FaultEnvironment:
        lab = self.environment
        if name not in self._kept:
            before, build = _STARTS[name]
            if before is not None:
                self.restore(before)
            build(lab)
            self._kept[name] = (lab.checkpoint(), lab.campaign, lab.expected)
        point, lab.campaign, lab.expected = self._kept[name]
        lab.restore(point)
        audience_steps.BATCH = segment_steps.BATCH = BATCH.get(name, 500)
        return lab
