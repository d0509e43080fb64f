"""Merge fields that the Host declares: pushed, refused, and not written when nothing changed."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.merge_fields import MergeField, MergeFieldType
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.standin import DEMO_KEY, DEMO_LIST
from cxmc_ext.standin.models import MergeField as RemoteField
from cxmc_ext.standin.models import subscriber_hash
from tests.support.administrator import MASTER_LIST_NAME, Administrator
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both

OFFICE = MergeField("OFFICE", "Office", MergeFieldType.DROPDOWN, choices=("Utrecht", "Zwolle"))
GREETING = MergeField("GREETING", "Greeting", fallback="Dear friend")
JOB = MergeField("JOBTITLE", "Job title")
VALUES = {"OFFICE": "Utrecht", "JOBTITLE": "Welder", "GREETING": "Beste Anna"}


@pytest.fixture
def desk(recruiter: Recruiter) -> Recruiter:
    """A recruiter whose audience was made by somebody else, with fields of its own."""
    recruiter.host.declared_fields = (OFFICE, GREETING, JOB)
    del recruiter.remote_account.lists[recruiter.account.list_id]
    audience = recruiter.remote_account.lists[DEMO_LIST]
    audience.name = MASTER_LIST_NAME
    audience.merge_fields += [
        RemoteField(7, "PREFIX", "Aanhef"),
        RemoteField(8, "SECTOR", "Sector", "dropdown", True, options={"choices": ["Zorg"]}),
        RemoteField(9, "HIRED", "In dienst", "date", True),
        RemoteField(10, "HOME", "Adres", "address", True),
    ]
    admin = recruiter.host.users["admin"][0]
    done = Administrator(recruiter.services, recruiter.queue, recruiter.standin, admin)
    assert done.initialize(DEMO_KEY).state == "done"
    return recruiter


def add(recruiter: Recruiter, address: str, **values: str) -> PersonRef:
    ref = recruiter.host.add_person(address, prefix="de", last_name="Boer", merge_values=values)
    recruiter.host.add_to_campaign(recruiter.campaign, ref)
    return ref


def send(recruiter: Recruiter, *refs: PersonRef) -> Counter[str]:
    """Sends a campaign, a new one to `refs` if there are any; returns its calls to MailChimp."""
    if refs:
        recruiter.campaign = recruiter.host.add_campaign("Next")
        recruiter.host.add_to_campaign(recruiter.campaign, *refs)
    before = Counter(recruiter.remote_calls())
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailing.state in ("sending", "sent"), recruiter.problem_codes()
    return Counter(recruiter.remote_calls()) - before


def stored(recruiter: Recruiter, address: str) -> dict[str, object]:
    return recruiter.audience.members[subscriber_hash(address)].merge_fields


def details(recruiter: Recruiter) -> dict[str, str]:
    mailing_id = recruiter.mailing.id
    rows = recruiter.fetch_all(select(Recipient).where(Recipient.mailing_id == mailing_id))
    return {row.address: row.detail for row in rows if row.detail}


def test_values_arrive_and_fields_of_others_stay_empty(desk: Recruiter) -> None:
    add(desk, "anna@kandidaten.example", **VALUES)
    add(desk, "bram@kandidaten.example", OFFICE="Atlantis")
    calls = send(desk)
    assert calls["subscribe_members"] == 1
    assert desk.mailed_addresses == ["anna@kandidaten.example", "bram@kandidaten.example"]
    anna = stored(desk, "anna@kandidaten.example")
    assert {tag: anna[tag] for tag in VALUES} == VALUES
    assert (anna["LNAME"], anna["PREFIX"], anna["PREFIX2"]) == ("de Boer", "", "de")
    assert (anna["SECTOR"], anna["HIRED"], anna["HOME"]) == ("", "", "")
    assert stored(desk, "bram@kandidaten.example")["OFFICE"] == ""
    assert details(desk) == {"bram@kandidaten.example": "Office: not a dropdown"}


def test_a_second_mailing_writes_only_what_changed(desk: Recruiter) -> None:
    refs = [add(desk, f"p{n}@kandidaten.example", **VALUES) for n in range(5)]
    send(desk)
    assert send(desk, *refs)["update_merge_values"] == 0
    desk.host.persons[refs[0]] = replace(
        desk.host.persons[refs[0]], merge_values={**VALUES, "JOBTITLE": ""}
    )
    assert send(desk, *refs)["update_merge_values"] == 1
    assert stored(desk, "p0@kandidaten.example")["JOBTITLE"] == ""


def test_a_refused_value_costs_the_value_not_the_person(desk: Recruiter) -> None:
    """Somebody made the field a number after “Initialize”."""
    fields = {field.tag: field for field in desk.audience.merge_fields}
    refs = [add(desk, f"p{n}@kandidaten.example", **VALUES) for n in range(3)]
    send(desk)
    fields["JOBTITLE"].type = "number"
    for ref in refs[:2]:
        changed = {**VALUES, "JOBTITLE": "Painter", "OFFICE": "Zwolle"}
        desk.host.persons[ref] = replace(desk.host.persons[ref], merge_values=changed)
    new = add(desk, "new@kandidaten.example", **VALUES)
    calls = send(desk, *refs, new)
    assert calls["subscribe_members"] == 2
    assert stored(desk, "new@kandidaten.example")["OFFICE"] == "Utrecht"
    assert stored(desk, "p0@kandidaten.example")["OFFICE"] == "Zwolle"
    assert stored(desk, "p0@kandidaten.example")["JOBTITLE"] == "Welder"
    assert len(desk.mailed_addresses) == 7
    said = details(desk)
    assert sorted(said) == [
        "new@kandidaten.example",
        "p0@kandidaten.example",
        "p1@kandidaten.example",
    ]
    assert all("JOBTITLE: Please enter a number" in text for text in said.values())


def test_an_archived_member_is_restored_without_the_refused_value(desk: Recruiter) -> None:
    ref = add(desk, "anna@kandidaten.example", **VALUES)
    send(desk)
    desk.audience.members[subscriber_hash("anna@kandidaten.example")].status = "archived"
    next(f for f in desk.audience.merge_fields if f.tag == "JOBTITLE").type = "number"
    desk.host.persons[ref] = replace(
        desk.host.persons[ref], merge_values={**VALUES, "OFFICE": "Zwolle", "JOBTITLE": "Painter"}
    )
    send(desk, ref)
    assert desk.mailed_addresses == ["anna@kandidaten.example"] * 2
    assert stored(desk, "anna@kandidaten.example")["OFFICE"] == "Zwolle"
    assert "JOBTITLE" in details(desk)["anna@kandidaten.example"]


def test_the_mail_says_the_fallback_where_the_value_is_empty(desk: Recruiter) -> None:
    template = desk.remote_account.templates["10001"]
    template.html = "<p>*|GREETING|* *|LNAME|*, *|PREFIX2|*</p><p>*|UNSUB|*</p>"
    add(desk, "anna@kandidaten.example", **VALUES)
    add(desk, "bram@kandidaten.example")
    send(desk)
    bodies = {mail.address: mail.html.split("<p>")[1] for mail in desk.standin.outbox}
    assert bodies == {
        "anna@kandidaten.example": "Beste Anna de Boer, de</p>",
        "bram@kandidaten.example": "Dear friend de Boer, de</p>",
    }
