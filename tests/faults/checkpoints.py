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


def do_nothing(env: FaultEnvironment) -> None:
    del env


def active(env: FaultEnvironment) -> None:
    press_activate(env, "start-activate")
    env.run_workers()


def ready(env: FaultEnvironment) -> None:
    press_connect(env, "start-connect")
    env.run_workers()
    people.create_campaign(env)


def scheduled(env: FaultEnvironment) -> None:
    press_schedule(env, "start-schedule")
    env.run_workers()


def unready(env: FaultEnvironment) -> None:
    press_unready(env, "start-unready")
    env.run_workers()


def verified(env: FaultEnvironment) -> None:
    env.remote_account.domains["nieuwedomein.example"].verified = True


def built(env: FaultEnvironment) -> None:
    """Everything up to the draft is made; then the worker died, and its lease ran out."""
    _die_while_pressing(env, press_send)


def built_to_schedule(env: FaultEnvironment) -> None:
    _die_while_pressing(env, press_schedule)


def lost_draft(env: FaultEnvironment) -> None:
    """Created at MailChimp without an answer, then nobody came until it was too late."""
    env.standin.state.faults.add("POST /campaigns", "reset_after")
    press_send(env, "start-lost")
    env.queue.run_all()
    env.advance(1200)
    env.run_workers()


def late_opt_out(env: FaultEnvironment) -> None:
    """Draft and segment hold somebody who opted out between the intent and a send that never arrived."""
    env.host.add_to_campaign(env.campaign, env.host.add_person(LATE))
    env.standin.state.faults.add(SEND, "reset_before")
    press_send(env, "start-late")
    env.queue.run_all()
    people.opt_out(env, LATE)
    env.run_workers()


def late_and_scheduled(env: FaultEnvironment) -> None:
    """Somebody opted out of a scheduled campaign that goes out in a quarter of an hour."""
    env.host.add_to_campaign(env.campaign, env.host.add_person(LATE))
    scheduled(env)
    people.opt_out(env, LATE)
    mailing = env.mailing
    env.advance(((mailing and mailing.schedule_at) or 0) - env.services.clock() - 1100)


def left_behind(env: FaultEnvironment) -> None:
    """A draft whose creation arrived after it was given up; two hours ago."""
    env.standin.state.faults.add("POST /campaigns", "reset_before")
    press_send(env, "start-left")
    env.run_workers()
    twin = next(iter(env.remote_account.campaigns.values()))
    settings = dict(twin.settings)
    env.remote_account.campaigns["0123456789"] = replace(
        twin, id="0123456789", status="save", settings=settings, recipients={}, links={}
    )
    env.advance(7200)


def new_template(env: FaultEnvironment) -> None:
    known = env.remote_account.templates["10001"]
    env.remote_account.templates["10099"] = replace(known, id=10_099, name="Nieuw sjabloon")


def opened(env: FaultEnvironment) -> None:
    """Sent an hour ago; since then two opened it and one of them left."""
    press_send(env, "start-opened")
    env.run_workers()
    env.advance(3600)
    state, mailing = env.standin.state, env.mailing
    with state.lock:
        campaign = env.remote_account.campaigns[(mailing and mailing.remote_id) or ""]
        now = state.clock.now() - 60
        for address in EXPECTED[:2]:
            engagement.record_open(campaign, subscriber_hash(address), now)
        engagement.record_unsubscribe(
            state, env.remote_account, campaign, subscriber_hash(EXPECTED[1]), "too much", now + 30
        )


def one(env: FaultEnvironment) -> None:
    """So few that each is looked up alone."""
    env.campaign = env.host.add_campaign("Eén kandidaat")
    env.expected = EXPECTED[:1]
    env.host.add_to_campaign(env.campaign, people.person_ref(env, EXPECTED[0]))


def time_has_come(env: FaultEnvironment) -> None:
    """A scheduled campaign went out; nobody here has seen it yet."""
    mailing = env.mailing
    env.advance(((mailing and mailing.schedule_at) or 0) - env.services.clock() + 120)


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


def _die_while_pressing(env: FaultEnvironment, press: Press) -> None:
    CrashPoint("send", AFTER_CALL, len(CALL_SEQUENCES["send"]) - 6).arm(env)
    with env.under_test():
        press(env, "start-built")
        env.queue.run_all()
    env.skip_pauses()


BATCH = {"batches": 1}
"""Batches of one make a handful of people as many batches."""


class Checkpoints:
    """Winds a lab back to a start, building it from the one before it at first need."""

    def __init__(self, env: FaultEnvironment) -> None:
        self.environment = env
        self._kept: dict[str, tuple[Checkpoint, str, tuple[str, ...]]] = {}

    def restore(self, name: str) -> FaultEnvironment:
        env = self.environment
        if name not in self._kept:
            before, build = _STARTS[name]
            if before is not None:
                self.restore(before)
            build(env)
            self._kept[name] = (env.checkpoint(), env.campaign, env.expected)
        point, env.campaign, env.expected = self._kept[name]
        env.restore(point)
        audience_steps.BATCH = segment_steps.BATCH = BATCH.get(name, 500)
        return env
