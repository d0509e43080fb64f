"""Where scenarios begin: each state is built once, kept, and restored before every case."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import engagement
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sending import segment as segment_steps
from tests.faults import content, people
from tests.faults.call_sequences import CALL_SEQUENCES
from tests.faults.crashes import AFTER_CALL, CrashPoint
from tests.faults.fault_environment import Checkpoint, FaultEnvironment
from tests.faults.people import EXPECTED
from tests.faults.scenarios import (
    PressAction,
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
    """The worker made everything up to the draft, then died; its lease has expired."""
    _crash_after_the_draft(env, press_send)


def built_with_content(env: FaultEnvironment) -> None:
    _crash_after_the_draft(env, content.press_send)


def built_to_schedule(env: FaultEnvironment) -> None:
    _crash_after_the_draft(env, press_schedule)


def lost_draft(env: FaultEnvironment) -> None:
    """MailChimp created a draft, but the answer was lost and the deadline has passed."""
    env.standin.state.faults.add("POST /campaigns", "reset_after")
    press_send(env, "start-lost")
    env.queue.run_all()
    env.advance(1200)
    env.run_workers()


def late_opt_out(env: FaultEnvironment) -> None:
    """Somebody in the draft opted out after the send intent; the request to send never arrived."""
    env.host.add_to_campaign(env.campaign, env.host.add_person(LATE))
    env.standin.state.faults.add(SEND, "reset_before")
    press_send(env, "start-late")
    env.queue.run_all()
    people.opt_out(env, LATE)
    env.run_workers()


def late_and_scheduled(env: FaultEnvironment) -> None:
    """Somebody in a scheduled campaign opted out a quarter of an hour before its time."""
    env.host.add_to_campaign(env.campaign, env.host.add_person(LATE))
    scheduled(env)
    people.opt_out(env, LATE)
    mailing = env.mailing
    env.advance(((mailing and mailing.schedule_at) or 0) - env.services.clock() - 1100)


def orphaned_draft(env: FaultEnvironment) -> None:
    """Two hours ago a draft was created by a request that had been given up before."""
    env.standin.state.faults.add("POST /campaigns", "reset_before")
    press_send(env, "start-orphaned")
    env.run_workers()
    sent = next(iter(env.remote_account.campaigns.values()))
    settings = dict(sent.settings)
    env.remote_account.campaigns["0123456789"] = replace(
        sent, id="0123456789", status="save", settings=settings, recipients={}, links={}
    )
    env.advance(7200)


def new_template(env: FaultEnvironment) -> None:
    template = env.remote_account.templates["10001"]
    env.remote_account.templates["10099"] = replace(template, id=10_099, name="Nieuw sjabloon")


def opened(env: FaultEnvironment) -> None:
    """Sent an hour ago; two recipients opened it and one of them unsubscribed."""
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


def one_person(env: FaultEnvironment) -> None:
    """Few enough to be looked up one by one."""
    env.campaign = env.host.add_campaign("Eén kandidaat")
    env.expected = EXPECTED[:1]
    env.host.add_to_campaign(env.campaign, people.person_ref(env, EXPECTED[0]))


def one_member(env: FaultEnvironment) -> None:
    """Somebody who is a member of the audience already."""
    env.campaign = env.host.add_campaign("Eén lid")
    env.expected = EXPECTED[2:]
    env.host.add_to_campaign(env.campaign, people.person_ref(env, EXPECTED[2]))


def went_out_unseen(env: FaultEnvironment) -> None:
    """A scheduled campaign went out; no sync turn has read that yet."""
    mailing = env.mailing
    env.advance(((mailing and mailing.schedule_at) or 0) - env.services.clock() + 120)


_STATES: Mapping[str, tuple[str | None, Callable[[FaultEnvironment], None]]] = {
    "nothing": (None, do_nothing),
    "active": ("nothing", active),
    "ready": ("active", ready),
    "scheduled": ("ready", scheduled),
    "unready": ("ready", unready),
    "verified": ("unready", verified),
    "lost draft": ("ready", lost_draft),
    "late opt-out": ("ready", late_opt_out),
    "built": ("ready", built),
    "previewed": ("ready", content.preview),
    "built with content": ("previewed", built_with_content),
    "built to schedule": ("ready", built_to_schedule),
    "late and scheduled": ("ready", late_and_scheduled),
    "orphaned draft": ("ready", orphaned_draft),
    "new template": ("ready", new_template),
    "opened": ("ready", opened),
    "one person": ("ready", one_person),
    "one member": ("ready", one_member),
    "batches": ("ready", do_nothing),
    "went out unseen": ("scheduled", went_out_unseen),
}


def _crash_after_the_draft(env: FaultEnvironment, press: PressAction) -> None:
    CrashPoint("send", AFTER_CALL, len(CALL_SEQUENCES["send"]) - 6).arm(env)
    with env.under_test():
        press(env, "start-built")
        env.queue.run_all()
    env.skip_pauses()


# Addresses per batch: with batches of one a few people make several batches.
BATCH_SIZES = {"batches": 1}


class Checkpoints:
    """Restores an environment to a named state, which is built from another state when first needed."""

    def __init__(self, env: FaultEnvironment) -> None:
        self.environment = env
        self._points: dict[str, tuple[Checkpoint, str, tuple[str, ...]]] = {}

    def restore(self, name: str) -> FaultEnvironment:
        env = self.environment
        if name not in self._points:
            previous, build = _STATES[name]
            if previous is not None:
                self.restore(previous)
            build(env)
            self._points[name] = (env.checkpoint(), env.campaign, env.expected)
        point, env.campaign, env.expected = self._points[name]
        env.restore(point)
        batch_size = BATCH_SIZES.get(name, 500)
        audience_steps.BATCH_SIZE = segment_steps.BATCH_SIZE = batch_size
        return env
