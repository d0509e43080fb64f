"""The pages “Audit” and “Erase a person”, and what the gate notes of who is refused."""

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.suppressed_address import SuppressedAddress
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.admin import control_room
from cxmc_ext.usecases.shared import audit
from tests.support.browser import Browser

ROOM = "/cxmc/control"


@pytest.fixture
def room(connected: Services, host: MemoryHost, client: FlaskClient) -> Browser:
    host.login("admin")
    return Browser(client, javascript=False)


def erased(services: Services) -> int:
    services.session().rollback()
    return len(services.session().scalars(select(SuppressedAddress)).all())


def test_the_audit_is_linked_and_shows_who_did_what(room: Browser, connected: Services) -> None:
    assert {"Audit", "Erase a person"} <= room.open_page(ROOM).buttons()
    text = room.open_page(f"{ROOM}/audit").text
    assert "Set up MailChimp Ada Admin – Done" in text
    assert "Connect the MailChimp account Ada Admin – Done" in text


def test_the_filter_and_the_table_show_the_same(room: Browser, connected: Services) -> None:
    control_room.pause(connected, User("x", "=Eve"))
    audit.log_denied(connected, User("i", "Ivo"), "send", 404)
    text = room.open_page(f"{ROOM}/audit?about=denied").text
    assert "Denied access Ivo" in text
    assert "Pause" not in text
    whole = room.get(f"{ROOM}/audit.csv?about=account").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(whole.lstrip("\ufeff"))))
    assert rows[0][1:3] == ["Action", "By"]
    assert [row[1:3] for row in rows[1:]] == [
        ["Pause synchronization", "'=Eve"],
        ["Connect the MailChimp account", "Ada Admin"],
        ["Set up MailChimp", "Ada Admin"],
    ]
    assert room.open_page(f"{ROOM}/audit?about=nonsense&before=x").text.count("Ada Admin") == 2


def test_the_audit_is_paged(room: Browser, connected: Services) -> None:
    for number in range(audit.PAGE_SIZE + 1):
        audit.log(connected, 1, "pause", User("", f"Somebody-{number:03}"))
    connected.session().commit()
    first = room.open_page(f"{ROOM}/audit")
    assert first.text.count("Somebody-") == audit.PAGE_SIZE
    last = next(a["href"] for a in first.elements("a") if a.get("rel") == "next")
    second = room.open_page(last)
    assert "Somebody-000" in second.text
    assert "Newest" in second.buttons()


def test_who_is_refused_is_noted_once(
    client: FlaskClient, connected: Services, host: MemoryHost
) -> None:
    host.login("recruiter")
    for _ in range(3):
        assert client.get(f"{ROOM}/audit").status_code == 404
        assert client.get(f"{ROOM}/erasure").status_code == 404
        assert client.get(f"{ROOM}/audit.csv").status_code == 404
    host.login("admin")
    assert client.post(f"{ROOM}/pause", data={}).status_code == 400
    connected.session().rollback()
    rows = connected.session().execute(
        select(Audit.actor_name, Audit.subject, Audit.note).where(Audit.action == "denied")
    )
    assert [tuple(row) for row in rows] == [
        ("Rosa Recruiter", "/control/audit", "404"),
        ("Ada Admin", "/control/pause", "400"),
    ]


def test_erasing_asks_says_what_happens_and_wants_it_typed(
    room: Browser, connected: Services, host: MemoryHost, queue: ManualQueue
) -> None:
    path, anna = f"{ROOM}/erasure", "Anna@kandidaten.example"
    host.add_person(anna)
    assert "Erase …" in room.open_page(path).buttons()
    asked = room.submit(path, who=anna)
    assert "1 person in the CRM has this address." in asked.text
    assert asked.field("who")["value"] == anna
    assert erased(connected) == 0
    wrong = room.submit(path, 422, who=anna, confirmed="yes", typed="anna")
    assert "Nobody was erased." in wrong.text
    assert erased(connected) == 0
    assert room.submit(path, 303, who=anna, confirmed="yes", typed=anna.lower())
    assert erased(connected) == 1
    page = room.open_page(path)
    assert "From now on this person is no longer mailed." in page.text
    assert "In progress Ada Admin" in page.text
    assert anna.lower() not in page.html
    (listed,) = [attrs for attrs in page.elements("ul") if attrs.get("id") == "cxmc-erasures"]
    queue.run_all()
    finished = room.open_page(listed["hx-get"])
    assert "Erased Ada Admin" in finished.text
    assert "every 2s" in listed["hx-trigger"]
    assert "every 2s" not in finished.html
    assert "Erase a person Ada Admin – Done" in room.open_page(f"{ROOM}/audit").text


def test_who_is_nobody_is_said_beside_the_field(room: Browser, connected: Services) -> None:
    page = room.submit(f"{ROOM}/erasure", 422, who="<b>anna")
    assert "This is neither an e-mail address nor a reference to a person." in page.text
    assert page.field("who")["value"] == "<b>anna"
    assert erased(connected) == 0


def test_the_ledger_says_that_somebody_was_erased(
    room: Browser, connected: Services, host: MemoryHost, queue: ManualQueue
) -> None:
    ref = host.add_campaign()
    host.add_to_campaign(ref, host.add_person("anna@kandidaten.example", first_name="Anna"))
    room.submit(f"{ROOM}/erasure", 303, who="candidate:1", confirmed="yes", typed="candidate:1")
    queue.run_all()
    text = room.open_page(f"/cxmc/campaigns/{ref}/recipients?reason=erased").text
    assert "Anna Jansen Erased on request anna@kandidaten.example" in text


def test_an_opt_out_leads_to_the_person(
    room: Browser, connected: Services, host: MemoryHost
) -> None:
    ref = host.add_person("anna@kandidaten.example")
    audit.log_opt_outs(connected, 1, None, [ref], "Unsubscribed in MailChimp")
    connected.session().commit()
    page = room.open_page(f"{ROOM}/audit?about=people")
    assert {"href": "/candidates/1"} in page.elements("a")
    assert "candidate:1 Unsubscribed in MailChimp" in page.text
