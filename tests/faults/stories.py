"""What a user does, from where, and where it must end: the stories every fault is played into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cxmc_ext.domain.values import Order
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases import activate, connect, domains, remove, schedule, send, sync, tick
from tests.faults.lab import Lab
from tests.faults.oracle import drafts, mailed

SUPPORT = 10_001
VERIFIED, UNVERIFIED = "rosa@cedarstaffing.example", "info@nieuwedomein.example"
QUARTER = 900

Act = Callable[[Lab], object]
Press = Callable[[Lab, str], object]


@dataclass(frozen=True)
class Story:
    """`start` names the checkpoint it begins at; `goal` fails unless it came to its good end.

    `again` is the button a person finds after an end with a reason.
    """

    name: str
    start: str
    press: Press
    goal: Act
    again: Press
    synchronises: bool = False


def order(**changes: object) -> Order:
    values = {
        "subject": "Nieuwe vacatures",
        "from_name": "Rosa",
        "from_email": VERIFIED,
        "template_id": SUPPORT,
        "schedule_at": None,
    } | changes
    return Order(**values)  # type: ignore[arg-type]


def press_send(lab: Lab, nonce: str) -> int:
    return send.request_send(lab.services, user(lab), nonce, lab.campaign, order())


def press_unready(lab: Lab, nonce: str) -> int:
    wanted = order(from_email=UNVERIFIED)
    return send.request_send(lab.services, user(lab), nonce, lab.campaign, wanted)


def press_schedule(lab: Lab, nonce: str) -> int:
    at = (lab.services.clock() // QUARTER + 5) * QUARTER
    return send.request_send(lab.services, user(lab), nonce, lab.campaign, order(schedule_at=at))


def press_unschedule(lab: Lab, nonce: str) -> int:
    return schedule.request_unschedule(lab.services, user(lab), nonce, lab.campaign)


def press_delete(lab: Lab, nonce: str) -> int:
    return remove.request_delete(lab.services, user(lab), nonce, lab.campaign)


def press_check(lab: Lab, nonce: str) -> int:
    return send.request_check(lab.services, user(lab), nonce, lab.campaign)


def press_retry(lab: Lab, nonce: str) -> int:
    return send.request_retry(lab.services, user(lab), nonce, lab.campaign)


def press_connect(lab: Lab, nonce: str) -> int:
    return connect.request_connect(lab.services, admin(lab), nonce, DEMO_KEY, None)


def press_activate(lab: Lab, nonce: str) -> int:
    return activate.request_activation(lab.services, admin(lab), nonce)


def press_refresh(lab: Lab, nonce: str) -> int:
    return connect.request_refresh(lab.services, admin(lab), nonce)


def press_domain(lab: Lab, nonce: str) -> int:
    return domains.request_mail(lab.services, user(lab), nonce, UNVERIFIED)


def press_code(lab: Lab, nonce: str) -> int:
    code = lab.there.domains["nieuwedomein.example"].code
    return domains.request_code(lab.services, user(lab), nonce, "nieuwedomein.example", code)


def press_update(lab: Lab, nonce: str) -> None:
    del nonce
    sync.request_update(lab.services, user(lab), lab.campaign)


def let_it_look(lab: Lab, nonce: str) -> None:
    """Nobody presses: the tick asks for the upkeep."""
    del nonce
    tick.tick(lab.services)


def let_it_look_later(lab: Lab, nonce: str) -> None:
    """The broom comes once an hour."""
    lab.advance(3600)
    let_it_look(lab, nonce)


def was_sent(lab: Lab) -> None:
    mailing = lab.mailing
    assert mailing is not None
    assert mailing.state in ("sending", "sent"), (mailing.state, mailing.why)
    assert tuple(mailed(lab)) == lab.wanted


def was_scheduled(lab: Lab) -> None:
    """And at its time it goes out, to everybody it is meant for."""
    mailing = lab.mailing
    assert mailing is not None
    assert mailing.state == "scheduled", (mailing.state, mailing.why)
    assert mailed(lab) == []
    come_due(lab, mailing.schedule_at or 0)
    was_sent(lab)


def come_due(lab: Lab, at: int) -> None:
    """The last twenty minutes pass in steps, with the looks that come due in them."""
    lab.advance(max(at - lab.services.clock() - 1100, 0))
    while (left := at - lab.services.clock()) > 0:
        lab.advance(min(left + 120, 240))
        lab.pass_round()
        lab.work()
    follow(lab)


def was_swept(lab: Lab) -> None:
    assert drafts(lab) == []


def was_freed(lab: Lab) -> None:
    mailing = lab.mailing
    assert mailing is not None
    assert (mailing.state, mailing.remote_id, mailing.generation) == ("none", None, 1), mailing.why
    lab.advance(2 * 3600)
    assert mailed(lab) == []


def was_connected(lab: Lab) -> None:
    account = lab.account
    assert account.key_tail == DEMO_KEY.partition("-")[0][-4:]
    assert not account.key_refused
    named = [one for one in lab.there.lists.values() if one.name == account.list_name]
    assert [one.id for one in named] == [account.list_id], "one audience of our name"
    tags = [each.tag for each in named[0].merge_fields]
    assert len(tags) == len(set(tags))
    assert {"OWNERNAME", "OWNERMAIL", "PREFIX"} <= set(tags)
    assert account.templates
    assert account.domains


def was_activated(lab: Lab) -> None:
    assert lab.account.state == "active"
    assert len(lab.host.groups) == 2


def was_read(lab: Lab) -> None:
    names = [one["name"] for one in lab.account.templates]
    assert "Nieuw sjabloon" in names


def was_asked(lab: Lab) -> None:
    assert lab.operations()[-1].state == "done", lab.operations()[-1].why


def was_verified(lab: Lab) -> None:
    found = {one["domain"]: one["verified"] for one in lab.account.domains}
    assert found["nieuwedomein.example"]


def was_followed(lab: Lab) -> None:
    mailing = lab.mailing
    assert mailing is not None
    events = mailing.counts["events"]
    assert events == {"sent": 3, "opened": 2, "unsubscribed": 1}, events
    assert not mailing.sync_gap


def follow(lab: Lab, rounds: int = 4) -> None:
    """Synchronisations that come due meanwhile."""
    for _ in range(rounds):
        lab.pass_round()
        lab.queue.run_all()


def user(lab: Lab) -> "object":
    return lab.host.users["recruiter"][0]


def admin(lab: Lab) -> "object":
    return lab.host.users["admin"][0]


STORIES: Mapping[str, Story] = {
    story.name: story
    for story in (
        Story("send", "ready", press_send, was_sent, press_retry),
        Story("schedule", "ready", press_schedule, was_scheduled, press_retry),
        Story("finish", "built", let_it_look, was_sent, press_retry),
        Story("plan", "built to schedule", let_it_look, was_scheduled, press_retry),
        Story("unschedule", "scheduled", press_unschedule, was_freed, press_unschedule),
        Story("delete", "unready", press_delete, was_freed, press_delete),
        Story("check", "verified", press_check, was_sent, press_retry),
        Story("retry", "lost draft", press_retry, was_sent, press_retry),
        Story("again", "late opt-out", press_retry, was_sent, press_retry),
        Story("guard", "late and scheduled", let_it_look, was_scheduled, press_retry),
        Story("sweep", "left behind", let_it_look, was_swept, let_it_look_later),
        Story("one", "one", press_send, was_sent, press_retry),
        Story("batches", "batches", press_send, was_sent, press_retry),
        Story("connect", "active", press_connect, was_connected, press_connect),
        Story("activate", "nothing", press_activate, was_activated, press_activate),
        Story("refresh", "new template", press_refresh, was_read, press_refresh),
        Story("domain", "ready", press_domain, was_asked, press_domain),
        Story("code", "ready", press_code, was_verified, press_code),
        Story("sync", "opened", press_update, was_followed, press_update, True),
        Story("delivered", "time has come", press_update, was_sent, press_update, True),
    )
}
