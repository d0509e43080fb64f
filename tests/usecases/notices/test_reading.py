"""The stored events, read from a cursor on: every event, in constant memory, also as JSON."""

import tracemalloc
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import insert

from cxmc_ext import CxMailChimp, StoredEvent
from cxmc_ext.db.models.event import ClickedLink
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import accounts, bulk, notices
from cxmc_ext.db.queries.unsubscribes import PROVISIONAL
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.notices import reading
from cxmc_ext.usecases.notices.telling import tell_notices
from cxmc_ext.web import create_blueprint
from tests.support.databases import on_both
from tests.support.factories import create_mailing

pytestmark = on_both

TOKEN = "a-token-of-some-length"


def add_recipients(services: Services, mailing_id: int, count: int) -> None:
    common = {
        "mailing_id": mailing_id, "person_kind": "candidate", "name": "", "address": "",
        "merge_values": {}, "detail": "", "in_audience": True, "status": 0,
    }  # fmt: skip
    rows = [
        common | {"id": mailing_id * 1000 + n, "person_id": str(n), "member_hash": bytes([n] * 16)}
        for n in range(count)
    ]
    services.session().execute(insert(Recipient), rows)


def store(services: Services, mailing_id: int, *rows: tuple[int, int, int]) -> None:
    """Stores events, given as (number of the recipient, kind, time), and tells them."""
    events = [(mailing_id * 1000 + n, kind, at, 0, 0) for n, kind, at in rows]
    bulk.add_events(services.session(), mailing_id, events)
    notices.add_events_stored(services.session(), mailing_id, min(at for _, _, at in rows))
    services.session().commit()
    tell_notices(services)


@pytest.fixture
def mailing(services: Services, host: MemoryHost) -> int:
    accounts.get_or_create(services.session(), services.account_ref)
    mailing_id = create_mailing(services, host.add_campaign(), "sent")
    add_recipients(services, mailing_id, 5)
    services.session().commit()
    return mailing_id


def read(services: Services, since: str = "") -> tuple[list[tuple[str, str, int]], str]:
    """What is read, as (kind, id of the person, time), and the cursor behind it."""
    events = list(reading.stored_events(services, since))
    cursor = events[-1].cursor if events else since
    return [(e.kind, e.person.id if e.person else "", e.at) for e in events], cursor


def test_every_event_is_read_and_later_ones_from_the_cursor_on(
    services: Services, mailing: int, host: MemoryHost
) -> None:
    assert read(services) == ([], "")
    store(services, mailing, (1, 1, 100), (2, 1, 100), (1, 3, 160))
    first, cursor = read(services)
    assert first == [("sent", "1", 100), ("sent", "2", 100), ("opened", "1", 160)]
    assert read(services, cursor) == ([], cursor)
    other = create_mailing(services, host.add_campaign(), "sent")
    add_recipients(services, other, 2)
    store(services, other, (1, 1, 50))
    store(services, mailing, (2, 4, 200))
    second, cursor = read(services, cursor)
    assert set(second) == {("sent", "1", 50), ("clicked", "2", 200)}
    store(services, mailing, (3, 2, 101))  # MailChimp reported it late
    third, _ = read(services, cursor)
    assert ("bounced", "3", 101) in third


def test_a_reader_that_stops_anywhere_goes_on_there(services: Services, mailing: int) -> None:
    store(services, mailing, *((n, 1, 100) for n in range(5)))
    events = list(reading.stored_events(services))
    for n, event in enumerate(events):
        rest = [later.key for later in reading.stored_events(services, event.cursor)]
        assert rest == [later.key for later in events[n + 1 :]]
    store(services, mailing, (0, 3, 100), (4, 3, 99))
    seen = {event.key for event in events[:2]}
    seen |= {event.key for event in reading.stored_events(services, events[1].cursor)}
    assert seen == {event.key for event in reading.stored_events(services)}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["x", "1.2", "-1", "1.2.3.4.5.6.7", "9" * 30, "1;2", "١"])
def test_a_wrong_cursor_is_refused(services: Services, wrong: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        list(reading.stored_events(services, wrong))


def test_the_extension_reads_them_in_the_current_app(services: Services, mailing: int) -> None:
    store(services, mailing, (1, 1, 100))
    (event,) = CxMailChimp(host=MemoryHost).events()
    assert isinstance(event, StoredEvent)
    assert (event.account_ref, event.campaign_ref, event.kind) == ("default", "1", "sent")


@pytest.fixture
def open_app(services: Services, app: Flask) -> Flask:
    settings = replace(services.settings, events_token=TOKEN)
    pages = create_blueprint(replace(services, settings=settings))
    app.register_blueprint(pages, name="open", url_prefix="/open")
    return app


def test_an_unsubscribe_known_from_the_audience_only_is_provisional(
    services: Services, mailing: int
) -> None:
    unsubscribed, opened = EventStatus.UNSUBSCRIBED, EventStatus.OPENED
    rows = [
        (mailing * 1000 + 1, unsubscribed, 100, 0, PROVISIONAL),
        (mailing * 1000 + 2, unsubscribed, 100, 0, 0),
        (mailing * 1000 + 2, opened, 90, 0, PROVISIONAL),
    ]
    bulk.add_events(services.session(), mailing, rows)
    notices.add_events_stored(services.session(), mailing, 90)
    services.session().commit()
    tell_notices(services)
    found = {(e.person, e.kind): e.is_provisional for e in reading.stored_events(services)}
    assert sorted(found.values()) == [False, False, True]
    assert [kind for (_, kind), provisional in found.items() if provisional] == ["unsubscribed"]


def test_a_click_names_its_link_and_the_entry_of_a_list(services: Services, mailing: int) -> None:
    session = services.session()
    session.add(ClickedLink(mailing_id=mailing, url="https://a.example/1"))
    entry = ClickedLink(mailing_id=mailing, url="https://a.example/2", item_ref="vacancy-2")
    session.add(entry)
    session.commit()
    clicked, opened = int(EventStatus.CLICKED), int(EventStatus.OPENED)
    recipient = mailing * 1000 + 1
    bulk.add_events(session, mailing, [(recipient, opened, 50, 0, 0)])
    bulk.add_events(session, mailing, [(recipient, clicked, 60, entry.id, 0)])
    notices.add_events_stored(session, mailing, 50)
    session.commit()
    tell_notices(services)
    found = [(event.kind, event.url, event.item) for event in reading.stored_events(services)]
    assert found == [("opened", None, None), ("clicked", "https://a.example/2", "vacancy-2")]


def test_as_json_behind_its_token(open_app: Flask, services: Services, mailing: int) -> None:
    store(services, mailing, (1, 1, 100), (2, 1, 100))
    web, headers = open_app.test_client(), {"Authorization": f"Bearer {TOKEN}"}
    assert web.get("/cxmc/events", headers=headers).status_code == 404, "no token is set"
    for wrong in (None, "", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        given = {"Authorization": wrong} if wrong is not None else {}
        assert web.get("/open/events", headers=given).status_code == 404
    answer = web.get("/open/events", headers=headers)
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json
    assert body["events"][0] == {
        "key": body["events"][0]["key"], "kind": "sent", "at": 100, "account": "default",
        "campaign": "1", "person": "candidate:1", "url": None, "item": None, "is_provisional": False,
    }  # fmt: skip
    again = web.get("/open/events", query_string={"since": body["cursor"]}, headers=headers)
    assert again.json == {"events": [], "cursor": body["cursor"]}
    refused = web.get("/open/events?since=%00", headers=headers)
    assert refused.status_code == 400
    assert "start again without it" in refused.json["error"]


@pytest.mark.slow
def test_a_hundred_thousand_events_take_no_more_memory_than_a_page(
    services: Services, mailing: int
) -> None:
    for hour in range(20):
        rows = [(n % 5, int(EventStatus.OPENED), hour * 10_000 + n) for n in range(5000)]
        store(services, mailing, *rows)
    tracemalloc.start()
    try:
        assert sum(1 for _ in reading.stored_events(services)) == 100_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000
