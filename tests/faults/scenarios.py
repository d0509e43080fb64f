"""What a user does, from which state, and how it must end: every fault is tried in these scenarios."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases.accounts import (
    activation,
    connection_requests,
    sender_domains,
    sending_stop,
)
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.sending import removal_requests
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.worker import tick
from tests.faults import content
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import mailed_addresses, orphaned_drafts
from tests.support.factories import send_order

UNVERIFIED_DOMAIN = "nieuwedomein.example"
UNVERIFIED_SENDER = f"info@{UNVERIFIED_DOMAIN}"
QUARTER = 900

Check = Callable[[FaultEnvironment], object]
# Takes the nonce of the form.
PressAction = Callable[[FaultEnvironment, str], object]


@dataclass(frozen=True)
class Scenario:
    """One press, the state before it, and the outcome it must have."""

    name: str
    checkpoint: str
    press: PressAction
    check_goal: Check
    """Fails unless the scenario reached its good outcome."""
    retry: PressAction
    """The button on the page after it ended with a problem."""
    syncs: bool = False
    """Whether it needs the sync turns that follow."""


def press_send(env: FaultEnvironment, nonce: str) -> int:
    return sending_requests.request_send(
        env.services, Press(user(env), nonce, env.campaign), send_order(**env.order)
    )


def press_unready(env: FaultEnvironment, nonce: str) -> int:
    order = send_order(from_email=UNVERIFIED_SENDER, **env.order)
    return sending_requests.request_send(env.services, Press(user(env), nonce, env.campaign), order)


def press_schedule(env: FaultEnvironment, nonce: str) -> int:
    at = (env.services.clock() // QUARTER + 5) * QUARTER
    return sending_requests.request_send(
        env.services, Press(user(env), nonce, env.campaign), send_order(schedule_at=at, **env.order)
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


def press_stop(env: FaultEnvironment, nonce: str) -> int:
    return sending_stop.request_stop(env.services, Press(admin(env), nonce))


def press_refresh(env: FaultEnvironment, nonce: str) -> int:
    return account_details.request_refresh(env.services, Press(admin(env), nonce))


def press_domain(env: FaultEnvironment, nonce: str) -> int:
    return sender_domains.request_verification_mail(
        env.services, Press(user(env), nonce), UNVERIFIED_SENDER
    )


def press_code(env: FaultEnvironment, nonce: str) -> int:
    code = env.remote_account.domains[UNVERIFIED_DOMAIN].code
    return sender_domains.request_code_check(
        env.services, Press(user(env), nonce), UNVERIFIED_DOMAIN, code
    )


def press_update(env: FaultEnvironment, nonce: str) -> None:
    del nonce
    sync_schedule.request_update(env.services, user(env), env.campaign)


def press_nothing(env: FaultEnvironment, nonce: str) -> None:
    """Nobody presses a button: the tick finds what is due."""
    del nonce
    tick.tick(env.services)


def press_nothing_for_an_hour(env: FaultEnvironment, nonce: str) -> None:
    """The orphan sweep runs once an hour."""
    env.advance(3600)
    press_nothing(env, nonce)


def was_sent(env: FaultEnvironment) -> None:
    mailing = env.mailing
    assert mailing is not None
    assert mailing.state in ("sending", "sent"), (mailing.state, mailing.problems)
    assert tuple(mailed_addresses(env)) == env.expected


def was_previewed(env: FaultEnvironment) -> None:
    """Sent, with the content that the preview showed."""
    was_sent(env)
    content.was_sent_as_previewed(env)


def was_scheduled(env: FaultEnvironment) -> None:
    """Scheduled, and at its time it goes out to everybody expected."""
    mailing = env.mailing
    assert mailing is not None
    assert mailing.state == "scheduled", (mailing.state, mailing.problems)
    assert mailed_addresses(env) == []
    advance_past_schedule(env, mailing.schedule_at or 0)
    was_sent(env)


def advance_past_schedule(env: FaultEnvironment, at: int) -> None:
    """Lets the last twenty minutes pass in steps, with the checks that come due in them."""
    env.advance(max(at - env.services.clock() - 1100, 0))
    while (remaining := at - env.services.clock()) > 0:
        env.advance(min(remaining + 120, 240))
        env.pass_round()
        env.run_workers()
    run_syncs(env)


def no_drafts_are_orphaned(env: FaultEnvironment) -> None:
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
    audiences = [
        audience
        for audience in env.remote_account.lists.values()
        if audience.name == account.list_name
    ]
    assert [audience.id for audience in audiences] == [account.list_id], "one audience of our name"
    tags = [field.tag for field in audiences[0].merge_fields]
    assert len(tags) == len(set(tags))
    assert {"OWNERNAME", "OWNERMAIL", "PREFIX"} <= set(tags)
    assert account.templates
    assert account.sender_domains


def was_activated(env: FaultEnvironment) -> None:
    assert env.account.state == "active"
    assert len(env.host.groups) == 2


def templates_were_read(env: FaultEnvironment) -> None:
    names = [template["name"] for template in env.account.templates]
    assert "Nieuw sjabloon" in names


def last_operation_is_done(env: FaultEnvironment) -> None:
    assert env.operations()[-1].state == "done", env.operations()[-1].problems


def domain_is_verified(env: FaultEnvironment) -> None:
    verified = {domain["domain"]: domain["verified"] for domain in env.account.sender_domains}
    assert verified[UNVERIFIED_DOMAIN]


def report_was_imported(env: FaultEnvironment) -> None:
    mailing = env.mailing
    assert mailing is not None
    events = mailing.counts["events"]
    assert events == {"sent": 3, "opened": 2, "unsubscribed": 1}, events
    assert not mailing.count_differences


def run_syncs(env: FaultEnvironment, rounds: int = 4) -> None:
    """Runs the sync turns that come due in `rounds` minutes."""
    for _ in range(rounds):
        env.pass_round()
        env.queue.run_all()


def user(env: FaultEnvironment) -> User:
    return env.host.users["recruiter"][0]


def admin(env: FaultEnvironment) -> User:
    return env.host.users["admin"][0]


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("send", "ready", press_send, was_sent, press_retry),
        Scenario("schedule", "ready", press_schedule, was_scheduled, press_retry),
        Scenario("resume send", "built", press_nothing, was_sent, press_retry),
        Scenario("resume content", "built with content", press_nothing, was_previewed, press_retry),
        Scenario("resume schedule", "built to schedule", press_nothing, was_scheduled, press_retry),
        Scenario("unschedule", "scheduled", press_unschedule, was_reset, press_unschedule),
        Scenario("stop sending", "scheduled", press_stop, was_reset, press_stop),
        Scenario("delete", "unready", press_delete, was_reset, press_delete),
        Scenario("check", "verified", press_check, was_sent, press_retry),
        Scenario("retry", "lost draft", press_retry, was_sent, press_retry),
        Scenario("rebuild", "late opt-out", press_retry, was_sent, press_retry),
        Scenario(
            "late opt-out check", "late and scheduled", press_nothing, was_scheduled, press_retry
        ),
        Scenario(
            "orphan sweep",
            "orphaned draft",
            press_nothing,
            no_drafts_are_orphaned,
            press_nothing_for_an_hour,
        ),
        Scenario("one person", "one person", press_send, was_sent, press_retry),
        Scenario("batches", "batches", press_send, was_sent, press_retry),
        Scenario("connect", "active", press_connect, was_connected, press_connect),
        Scenario("activate", "nothing", press_activate, was_activated, press_activate),
        Scenario("refresh", "new template", press_refresh, templates_were_read, press_refresh),
        Scenario("domain", "ready", press_domain, last_operation_is_done, press_domain),
        Scenario("code", "ready", press_code, domain_is_verified, press_code),
        Scenario("sync", "opened", press_update, report_was_imported, press_update, True),
        Scenario("delivered", "went out unseen", press_update, was_sent, press_update, True),
    )
}
