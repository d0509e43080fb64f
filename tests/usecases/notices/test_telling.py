"""Notices: told after the commit, at least once, by references only; listeners that fail stop nothing."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from cxmc_ext import Notice, NoticeKind, PersonKind, signals
from cxmc_ext.db.models.notice import Notice as NoticeRow
from cxmc_ext.db.queries import accounts, bulk, mailings, notices
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.erasure import requests as erasure_requests
from cxmc_ext.usecases.notices.reading import stored_events
from cxmc_ext.usecases.notices.telling import LEASE, tell_notices
from cxmc_ext.usecases.worker import tick
from tests.support.databases import on_both
from tests.support.factories import create_mailing, create_recipient
from tests.support.recruiter import Recruiter
from tests.support.sync_world import SyncWorld

pytestmark = on_both

ANNA, BRAM = "anna@kandidaten.example", "bram@kandidaten.example"


@pytest.fixture
def told(app: Flask) -> Iterator[list[Notice]]:
    """Every notice a listener was told, in order."""
    found: list[Notice] = []

    def listen(sender: Flask, notice: Notice) -> None:
        assert sender is app
        found.append(notice)

    names = [getattr(signals, name) for name in signals.__all__]
    for signal in names:
        signal.connect(listen, sender=app)
    yield found
    for signal in names:
        signal.disconnect(listen, sender=app)


@pytest.fixture
def account(services: Services) -> None:
    accounts.get_or_create(services.session(), services.account_ref)


def kinds(told: list[Notice]) -> list[NoticeKind]:
    return [notice.kind for notice in told]


def test_activation_connection_and_a_sent_campaign_are_told(
    told: list[Notice], recruiter: Recruiter
) -> None:
    tell_notices(recruiter.services)
    assert kinds(told) == ["activated", "connected"]
    assert {notice.account_ref for notice in told} == {"default"}
    recruiter.add(ANNA, BRAM)
    recruiter.send()
    recruiter.run_workers()
    tell_notices(recruiter.services)
    assert [n.campaign_ref for n in told if n.kind == "sent"] == [recruiter.campaign]
    assert not any(notice.is_repeat for notice in told)
    assert len({notice.id for notice in told}) == len(told), "a listener knows a repeat by its id"
    assert ANNA not in str(told)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("sent", "sent"),
        ("scheduled", "scheduled"),
        ("cancelled", "cancelled"),
        ("not_ready", "needs_attention"),
        ("attention", "needs_attention"),
        ("sending", None),
    ],
)
def test_a_new_state_of_a_campaign_is_told_once(
    told: list[Notice], services: Services, host: MemoryHost, state: str, kind: str | None
) -> None:
    mailing_id = create_mailing(services, host.add_campaign(), "preparing")
    session = services.session()
    for _ in range(2):
        mailings.update_columns(session, mailing_id, state=MailingState(state))
        session.commit()
        tell_notices(services)
    assert kinds(told) == ([kind] if kind else [])


@pytest.mark.usefixtures("account")
def test_what_was_rolled_back_is_not_told(
    told: list[Notice], services: Services, host: MemoryHost
) -> None:
    mailing_id = create_mailing(services, host.add_campaign(), "preparing")
    mailings.update_columns(services.session(), mailing_id, state=MailingState.SENT)
    services.session().rollback()
    tell_notices(services)
    assert told == []


def test_unsubscribes_and_events_are_told_with_refs_only(
    told: list[Notice], services: Services, standin: StandinServer, host: MemoryHost,
    clock: object, frozen_clock: None,
) -> None:  # fmt: skip
    world = SyncWorld(services, standin, host, clock).connect()
    mailing = world.add_sent_mailing(ANNA, BRAM)
    world.record_unsubscribe(mailing, BRAM)
    world.sync(mailing)
    tell_notices(services)
    assert sorted(kinds(told)) == ["events_stored", "opted_out"]
    (opted_out,) = [notice for notice in told if notice.kind == "opted_out"]
    assert [(ref.kind, host.persons[ref].address) for ref in opted_out.people] == [
        (PersonKind.CANDIDATE, BRAM)
    ]
    assert opted_out.campaign_ref == world.mailing(mailing).campaign_ref
    told.clear()
    world.sync(mailing, after=600)
    tell_notices(services)
    assert told == [], "nothing new, nothing told"


def test_an_erasure_is_told_without_the_person(
    told: list[Notice], connected: Services, host: MemoryHost, queue: ManualQueue, admin_user: User
) -> None:
    person = host.add_person(ANNA)
    erasure_requests.request_erasure(
        connected, Press(admin_user, "erase"), f"candidate:{person.id}"
    )
    queue.run_all()
    tell_notices(connected)
    assert kinds(told)[-1] == "erased"
    assert told[-1].people == ()
    assert told[-1].operation_id


def test_a_listener_that_raises_stops_neither_others_nor_the_work(
    app: Flask, told: list[Notice], connected: Services
) -> None:
    def broken(_app: Flask, notice: Notice) -> None:
        connected.session().execute(update(NoticeRow).values(attempts=9))
        raise RuntimeError(notice.kind)

    with signals.activated.connected_to(broken, sender=app):
        tell_notices(connected)
    assert kinds(told) == ["activated", "connected"]
    tell_notices(connected)
    assert len(told) == 2, "not told again"


def test_a_kind_that_newer_code_stored_is_left_to_it(
    told: list[Notice], services: Services
) -> None:
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    for kind in (NoticeKind.ACTIVATED, NoticeKind.CONNECTED):
        notices.add(session, account_id, kind)
    session.execute(text("UPDATE cxmc_notice SET kind = 'future' WHERE kind = 'activated'"))
    session.commit()
    tell_notices(services)
    assert kinds(told) == ["connected"]
    assert session.execute(text("SELECT kind, attempts FROM cxmc_notice")).all() == [("future", 0)]


@pytest.mark.usefixtures("account")
def test_a_worker_killed_between_telling_and_noting_repeats_it_as_a_repeat(
    app: Flask, told: list[Notice], services: Services, host: MemoryHost
) -> None:
    class Killed(BaseException):
        pass

    def kill(_app: Flask, notice: Notice) -> None:
        raise Killed

    mailing_id = create_mailing(services, host.add_campaign(), "preparing")
    session = services.session()
    mailings.update_columns(session, mailing_id, state=MailingState.SENT)
    session.commit()
    with signals.sent.connected_to(kill, sender=app), pytest.raises(Killed):
        tell_notices(services)
    session.rollback()
    told.clear()
    tell_notices(services)
    assert told == [], "whoever claimed it may still be at it"
    session.execute(update(NoticeRow).values(lease_until=NoticeRow.lease_until - LEASE))
    session.commit()
    tick.tick(services)
    assert [(notice.kind, notice.is_repeat) for notice in told] == [("sent", True)]
    tick.tick(services)
    assert len(told) == 1


@pytest.mark.usefixtures("account")
def test_two_workers_tell_each_notice_once(
    app: Flask, told: list[Notice], services: Services, host: MemoryHost
) -> None:
    session = services.session()
    for _ in range(20):
        mailing_id = create_mailing(services, host.add_campaign(), "preparing")
        mailings.update_columns(session, mailing_id, state=MailingState.SENT)
    session.commit()
    barrier = threading.Barrier(2)

    def work() -> None:
        with app.app_context():
            barrier.wait()
            tell_notices(services)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({notice.id for notice in told}) == len(told) == 20


@pytest.mark.usefixtures("account")
def test_batches_of_events_are_told_together_and_the_table_stays_small(
    told: list[Notice], services: Services, host: MemoryHost
) -> None:
    mailing_id = create_mailing(services, host.add_campaign(), "sent")
    session = services.session()
    for at in (50, 20, 30):
        notices.add_events_stored(session, mailing_id, at)
    session.commit()
    tell_notices(services)
    assert kinds(told) == ["events_stored"]
    rows = session.execute(select(NoticeRow.events_since, NoticeRow.seq)).all()
    assert [tuple(row) for row in rows] == [(20, 1)]
    for at in (40, 10):
        notices.add_events_stored(session, mailing_id, at)
        session.commit()
        tell_notices(services)
    rows = session.execute(select(NoticeRow.events_since, NoticeRow.seq)).all()
    assert [tuple(row) for row in rows] == [(10, 3)], "it covers the others"


@pytest.mark.usefixtures("account")
def test_a_listener_can_read_the_events_it_is_told_of(
    app: Flask, services: Services, host: MemoryHost
) -> None:
    session, mailing_id = services.session(), create_mailing(services, host.add_campaign(), "sent")
    recipient_id = create_recipient(services, mailing_id)
    seen: list[int] = []
    cursor = ""

    def copy(_app: Flask, notice: Notice) -> None:
        nonlocal cursor
        for event in stored_events(services, cursor):
            seen.append(event.at)
            cursor = event.cursor

    with signals.events_stored.connected_to(copy, sender=app):
        for at in (100, 160):
            bulk.add_events(session, mailing_id, [(recipient_id, 3, at, 0, 0)])
            notices.add_events_stored(session, mailing_id, at)
            session.commit()
            tell_notices(services)
            assert seen[-1] == at


@pytest.mark.usefixtures("account")
def test_events_of_a_notice_that_is_told_again_come_again(
    told: list[Notice], services: Services, host: MemoryHost
) -> None:
    """A batch that waited meanwhile was merged into it: a reader behind its old place must not miss that."""
    session, mailing_id = services.session(), create_mailing(services, host.add_campaign(), "sent")
    recipient_id = create_recipient(services, mailing_id)
    bulk.add_events(session, mailing_id, [(recipient_id, 3, 100, 0, 0)])
    notices.add_events_stored(session, mailing_id, 100)
    session.commit()
    (row,) = notices.claim(session, -1, 10)
    notices.publish(session, row.id)
    session.commit()  # and now its worker dies
    cursor = list(stored_events(services))[-1].cursor
    bulk.add_events(session, mailing_id, [(recipient_id, 3, 50, 0, 0)])
    notices.add_events_stored(session, mailing_id, 50)
    session.commit()
    tell_notices(services)
    assert [notice.is_repeat for notice in told] == [True]
    assert [event.at for event in stored_events(services, cursor)] == [50, 100]
