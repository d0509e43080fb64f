"""Activating and deactivating the module."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind, User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts import activation, connection_requests
from cxmc_ext.usecases.screens.activation import activation_status
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter
from tests.support.steps import act_before_step


def test_activation_counts_at_once_and_a_worker_creates_the_opt_out_groups(
    services: Services, queue: ManualQueue, host: MemoryHost, admin_user: User
) -> None:
    pressed = activation.request_activation(services, Press(admin_user, "n1"))
    assert _state(services) == "activating"
    assert host.groups == {}
    queue.run_all()
    assert _state(services) == "active"
    assert set(host.groups) == {(OPT_OUT_TAG, kind) for kind in PersonKind}
    assert _operation(services, pressed) == "done"


@on_both
def test_without_its_opt_out_groups_the_module_is_not_active(
    services: Services,
    queue: ManualQueue,
    host: MemoryHost,
    admin_user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host, "ensure_opt_out_groups", lambda tag, names: None)
    pressed = activation.request_activation(services, Press(admin_user, "n1"))
    queue.run_all()
    assert (_state(services), _operation(services, pressed)) == ("activating", "failed")
    assert [problem.code for problem in activation_status(services).problems] == [
        "opt_out_groups_missing"
    ]
    monkeypatch.undo()
    activation.request_activation(services, Press(admin_user, "n2"))
    queue.run_all()
    assert _state(services) == "active"


@on_both
def test_a_name_of_any_length_activates(services: Services, queue: ManualQueue) -> None:
    somebody = User("admin", "Ada " * 75, "admin@cedarstaffing.example")
    activation.request_activation(services, Press(somebody, "n1"))
    queue.run_all()
    assert _state(services) == "active"


def test_a_hundred_simultaneous_activations_are_one(
    app: Flask, services: Services, queue: ManualQueue, host: MemoryHost, admin_user: User
) -> None:
    together = threading.Barrier(8)
    pressed: set[int] = set()

    def press(worker: int) -> None:
        with app.app_context():
            together.wait()
            for number in range(13):
                pressed.add(
                    activation.request_activation(
                        services, Press(admin_user, f"n{worker}-{number}")
                    )
                )
                queue.run_all()

    threads = [threading.Thread(target=press, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.run_all()
    assert _state(services) == "active"
    assert _epoch(services) == 1
    assert len(host.groups) == 2


def test_same_press_is_the_same_operation(services: Services, admin_user: User) -> None:
    first = activation.request_activation(services, Press(admin_user, "n1"))
    assert activation.request_activation(services, Press(admin_user, "n1")) == first
    assert activation.request_activation(services, Press(admin_user, "n2")) == first


def test_inactive_module_accepts_no_requests(services: Services, admin_user: User) -> None:
    with pytest.raises(Conflict) as error:
        connection_requests.request_connection(services, Press(admin_user, "n"), DEMO_KEY, None)
    assert error.value.problem.code == "not_active"


def test_deactivation_stops_a_send_before_its_next_call_and_activation_allows_a_retry(
    recruiter: Recruiter, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    recruiter.add("anna@kandidaten.example")
    pressed = recruiter.send()
    act_before_step(
        monkeypatch, "resume", lambda: activation.deactivate(recruiter.services, admin_user)
    )
    before = len(recruiter.remote_calls())
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert len(recruiter.remote_calls()) == before + 1, (
        "the call that checks the account was made before"
    )
    assert recruiter.problem_codes() == ["deactivated"]
    assert recruiter.mailed_addresses == []
    activation.request_activation(recruiter.services, Press(admin_user, "again"))
    recruiter.run_workers()
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]


def test_deactivation_stops_nothing_of_another_account_and_nothing_that_is_not_running(
    recruiter: Recruiter, admin_user: User
) -> None:
    session = recruiter.session
    other = accounts.get_or_create(session, "other")
    common = {"campaign_ref": "1", "campaign_title": "Other"}
    session.add(Mailing(account_id=other.id, state="preparing", **common))
    session.commit()
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.services.session().commit()
    assert activation_status(recruiter.services).enabled
    activation.deactivate(recruiter.services, admin_user)
    assert not activation_status(recruiter.services).enabled
    rows = recruiter.fetch_all(select(Mailing).order_by(Mailing.account_id))
    assert [(row.state, bool(row.problems)) for row in rows] == [
        ("not_ready", True),
        ("preparing", False),
    ]


def test_operation_from_before_a_deactivation_never_runs_after_it(
    recruiter: Recruiter, admin_user: User
) -> None:
    recruiter.add("anna@kandidaten.example")
    pressed = recruiter.send()
    activation.deactivate(recruiter.services, admin_user)
    activation.request_activation(recruiter.services, Press(admin_user, "again"))
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "cancelled"
    assert recruiter.mailed_addresses == []


def test_deactivating_twice_or_without_activation_is_harmless(
    services: Services, admin_user: User
) -> None:
    activation.deactivate(services, admin_user)
    activation.deactivate(services, admin_user)
    assert _state(services) == "inactive"
    assert _epoch(services) == 0


def test_user_who_lost_the_right_does_not_activate(
    services: Services, queue: ManualQueue, host: MemoryHost, admin_user: User
) -> None:
    pressed = activation.request_activation(services, Press(admin_user, "n1"))
    host.users["admin"] = (admin_user, frozenset())
    queue.run_all()
    assert _operation(services, pressed) == "cancelled"
    assert host.groups == {}


def _state(services: Services) -> str:
    return str(_account(services).state)


def _epoch(services: Services) -> int:
    return int(_account(services).epoch)


def _account(services: Services):  # type: ignore[no-untyped-def]
    session = services.session()
    session.rollback()
    account = accounts.get_or_create(session, DEFAULT_ACCOUNT)
    session.refresh(account)
    session.expunge(account)
    session.rollback()
    return account


def _operation(services: Services, pressed: int) -> str:
    session = services.session()
    session.rollback()
    state = session.get_one(Operation, pressed, populate_existing=True).state
    session.rollback()
    return state
