"""What a user does, from where, and where it must end: the stories every fault is played into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases.accounts import activation, connection_requests, sender_domains
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.sending import removal_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.worker import tick
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import mailed_addresses, orphaned_drafts

SUPPORT_TEMPLATE_ID = 10_001
VERIFIED_SENDER, UNVERIFIED_SENDER = "rosa@cedarstaffing.example", "info@nieuwedomein.example"
QUARTER = 900

Act = Callable[[FaultEnvironment], object]
PressAction = Callable[[FaultEnvironment, str], object]


@dataclass(frozen=True)
class Scenario:
    """`start` names the checkpoint it begins at; `goal` fails unless it came to its good end.

    `again` is the button a person finds after an end with a reason.
    """

    name: str
    checkpoint: str
    press: PressAction
    check_goal: Act
    retry: PressAction
    syncs: bool = False


def send_order(**changes: object) -> SendOrder:
    values = {
        "subject": "Nieuwe vacatures",
        "from_name": "Rosa",
        "from_email": VERIFIED_SENDER,
        "template_id": SUPPORT_TEMPLATE_ID,
        "schedule_at": None,
    } | changes
    return SendOrder(**values)  # type: ignore[arg-type]


def press_send(env: FaultEnvironment, nonce: str) -> int:
    return sending_requests.request_send(
        env.services, Press(user(env), nonce, env.campaign), send_order()
    )


def press_unready(env: FaultEnvironment, nonce: str) -> int:
    wanted = send_order(from_email=UNVERIFIED_SENDER)
    return sending_requests.request_send(
        env.services, Press(user(env), nonce, env.campaign), wanted
    )


def press_schedule(env: FaultEnvironment, nonce: str) -> int:
    at = (env.services.clock() // QUARTER + 5) * QUARTER
    return sending_requests.request_send(
        env.services, Press(user(env), nonce, env.campaign), send_order(schedule_at=at)
    )


def press_unschedule(env: FaultEnvironment, nonce: str) -> int:
    return removal_requests.request_unschedule(env.services, Press(user(env), nonce, env.campaign))


def press_delete(env: FaultEnvironment, nonce: str) -> int:
    return removal_requests.request_delete(env.services, Press(user(env), nonce, env.campaign))


def press_check(env: FaultEnvironment, nonce: str) -> int:
    return sending_requests.request_check(env.services, Press(user(env), nonce, env.campaign))


def press_retry(env: FaultEnvironment, nonce: str) -> int:
    return sending_requests.request_retry(env.services, Press(user(env), nonce, env.campaign))


def press_connect(env: FaultEnvironment, nonce: str) -> int:
    return connection_requests.request_connection(
        env.services, Press(admin(env), nonce), DEMO_KEY, None
    )


def press_activate(env: FaultEnvironment, nonce: str) -> int:
    return activation.request_activation(env.services, Press(admin(env), nonce))


def press_refresh(env: FaultEnvironment, nonce: str) -> int:
    return account_details.request_refresh(env.services, Press(admin(env), nonce))


def press_domain(env: FaultEnvironment, nonce: str) -> int:
    return sender_domains.request_verification_mail(
        env.services, Press(user(env), nonce), UNVERIFIED_SENDER
    )


def press_code(env: FaultEnvironment, nonce: str) -> int:
    code = env.remote_account.domains["nieuwedomein.example"].code
    return sender_domains.request_code_check(
        env.services, Press(user(env), nonce), "nieuwedomein.example", code
    )


def press_update(env: FaultEnvironment, nonce: str) -> None:
    del nonce
    sync_schedule.request_update(env.services, user(env), env.campaign)


def press_nothing(env: FaultEnvironment, nonce: str) -> None:
    """Nobody presses: the tick asks for the upkeep."""
    del nonce
    tick.tick(env.services)


def press_nothing_for_an_hour(env: FaultEnvironment, nonce: str) -> None:
    """The broom comes once an hour."""
    env.advance(3600)
    press_nothing(env, nonce)


def was_sent(env: FaultEnvironment) -> None:
    mailing = env.mailing
    assert mailing is not None
    assert mailing.state in ("sending", "sent"), (mailing.state, mailing.problems)
    assert tuple(mailed_addresses(env)) == env.expected


def was_scheduled(env: FaultEnvironment) -> None:
    """And at its time it goes out, to everybody it is meant for."""
    mailing = env.mailing
    assert mailing is not None
    assert mailing.state == "scheduled", (mailing.state, mailing.problems)
    assert mailed_addresses(env) == []
    advance_past_schedule(env, mailing.schedule_at or 0)
    was_sent(env)


def advance_past_schedule(env: FaultEnvironment, at: int) -> None:
    """The last twenty minutes pass in steps, with the looks that come due in them."""
    env.advance(max(at - env.services.clock() - 1100, 0))
    while (left := at - env.services.clock()) > 0:
        env.advance(min(left + 120, 240))
        env.pass_round()
        env.run_workers()
    run_syncs(env)


def was_swept(env: FaultEnvironment) -> None:
    assert orphaned_drafts(env) == []


def was_reset(env: FaultEnvironment) -> None:
    mailing = env.mailing
    assert mailing is not None
    assert (mailing.state, mailing.remote_id, mailing.generation) == ("none", None, 1), (
        mailing.problems
    )
    env.advance(2 * 3600)
    assert mailed_addresses(env) == []


def was_connected(env: FaultEnvironment) -> None:
    account = env.account
    assert account.key_tail == DEMO_KEY.partition("-")[0][-4:]
    assert not account.key_refused
    named = [one for one in env.remote_account.lists.values() if one.name == account.list_name]
    assert [one.id for one in named] == [account.list_id], "one audience of our name"
    tags = [each.tag for each in named[0].merge_fields]
    assert len(tags) == len(set(tags))
    assert {"OWNERNAME", "OWNERMAIL", "PREFIX"} <= set(tags)
    assert account.templates
    assert account.sender_domains


def was_activated(env: FaultEnvironment) -> None:
    assert env.account.state == "active"
    assert len(env.host.groups) == 2


def templates_were_read(env: FaultEnvironment) -> None:
    names = [one["name"] for one in env.account.templates]
    assert "Nieuw sjabloon" in names


def last_operation_is_done(env: FaultEnvironment) -> None:
    assert env.operations()[-1].state == "done", env.operations()[-1].problems


def domain_is_verified(env: FaultEnvironment) -> None:
    found = {one["domain"]: one["verified"] for one in env.account.sender_domains}
    assert found["nieuwedomein.example"]


def report_was_imported(env: FaultEnvironment) -> None:
    mailing = env.mailing
    assert mailing is not None
    events = mailing.counts["events"]
    assert events == {"sent": 3, "opened": 2, "unsubscribed": 1}, events
    assert not mailing.count_differences


def run_syncs(env: FaultEnvironment, rounds: int = 4) -> None:
    """Synchronisations that come due meanwhile."""
    for _ in range(rounds):
        env.pass_round()
        env.queue.run_all()


def user(env: FaultEnvironment) -> "object":
    return env.host.users["recruiter"][0]


def admin(env: FaultEnvironment) -> "object":
    return env.host.users["admin"][0]


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("send", "ready", press_send, was_sent, press_retry),
        Scenario("schedule", "ready", press_schedule, was_scheduled, press_retry),
        Scenario("finish", "built", press_nothing, was_sent, press_retry),
        Scenario("plan", "built to schedule", press_nothing, was_scheduled, press_retry),
        Scenario("unschedule", "scheduled", press_unschedule, was_reset, press_unschedule),
        Scenario("delete", "unready", press_delete, was_reset, press_delete),
        Scenario("check", "verified", press_check, was_sent, press_retry),
        Scenario("retry", "lost draft", press_retry, was_sent, press_retry),
        Scenario("again", "late opt-out", press_retry, was_sent, press_retry),
        Scenario("guard", "late and scheduled", press_nothing, was_scheduled, press_retry),
        Scenario("sweep", "left behind", press_nothing, was_swept, press_nothing_for_an_hour),
        Scenario("one", "one", press_send, was_sent, press_retry),
        Scenario("batches", "batches", press_send, was_sent, press_retry),
        Scenario("connect", "active", press_connect, was_connected, press_connect),
        Scenario("activate", "nothing", press_activate, was_activated, press_activate),
        Scenario("refresh", "new template", press_refresh, templates_were_read, press_refresh),
        Scenario("domain", "ready", press_domain, last_operation_is_done, press_domain),
        Scenario("code", "ready", press_code, domain_is_verified, press_code),
        Scenario("sync", "opened", press_update, report_was_imported, press_update, True),
        Scenario("delivered", "time has come", press_update, was_sent, press_update, True),
    )
}
