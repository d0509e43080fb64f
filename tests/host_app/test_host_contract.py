"""DemoHost keeps the contract of `Host`: chunks, refs, opt-outs, and many callers at once."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from cxmc_ext import OPT_OUT_TAG, PersonKind, PersonRef, Right
from host_app.database import db, dialect_insert
from host_app.host import DemoHost
from host_app.models import Account, Campaign, CampaignMember, Group, GroupMember, Person, Tag
from tests.host_app.conftest import close_crm, create_crm
from tests.support.databases import DATABASES

NAMES = dict.fromkeys(PersonKind, "MailChimp opt-out")


def ref(number: int, kind: PersonKind = PersonKind.CANDIDATE) -> PersonRef:
    return PersonRef(kind, str(number))


def user(name: str) -> str:
    return str(db.session.scalars(select(Account.id).where(Account.username == name)).one())


def campaign(title: str) -> str:
    return str(db.session.scalars(select(Campaign.id).where(Campaign.title == title)).one())


@pytest.fixture(params=DATABASES)
def crm(request: pytest.FixtureRequest, seeded: Path, tmp_path: Path) -> Iterator[Flask]:
    """The seeded CRM on SQLite and, where a server is named, on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(seeded, tmp_path / "crm.db")
        app = create_crm(tmp_path)
        with app.app_context():  # the lock is not given in turn: one of twenty may wait for seconds
            event.listen(db.engine, "connect", _wait_long)
            db.engine.dispose()
    else:
        url = request.getfixturevalue("postgres_url")
        app = create_crm(tmp_path, SQLALCHEMY_DATABASE_URI=url)
        assert app.test_cli_runner().invoke(args=["init-demo"]).exit_code == 0
    yield app
    close_crm(app)


def _wait_long(link: Any, _: Any) -> None:
    link.execute("PRAGMA busy_timeout = 60000")


@pytest.fixture
def statements(in_crm: DemoHost) -> list[str]:
    """Every SQL statement from here on."""
    seen: list[str] = []

    def listen(*given: Any) -> None:
        if not given[2].startswith("BEGIN"):
            seen.append(given[2])

    event.listen(db.engine, "before_cursor_execute", listen)
    return seen


def test_the_rights_of_the_cast_are_those_of_their_roles(in_crm: DemoHost) -> None:
    assert in_crm.rights(user("admin")) == frozenset(Right)
    assert in_crm.rights(user("recruiter")) == {Right.TAB, Right.SEND}
    assert in_crm.rights(user("intern")) == frozenset()
    assert in_crm.rights("999") == frozenset()
    assert in_crm.rights("1 or 1=1") == frozenset()


def test_a_campaign_is_found_by_who_may_see_it_and_by_the_product_itself(
    in_crm: DemoHost,
) -> None:
    own, mail = campaign("Vacatures week 48"), campaign("Nieuwsbrief voorjaar")
    found = in_crm.campaign(own, user("recruiter"))
    assert found
    assert (found.ref, found.title) == (own, "Vacatures week 48")
    assert in_crm.campaign(own, None) == found
    assert in_crm.campaign(own, user("intern")) is None
    assert in_crm.campaign(own, "999") is None
    assert in_crm.campaign(mail, user("admin")) is None
    for nonsense in ("", "x", "1 or 1=1", "٣", "9" * 30):
        assert in_crm.campaign(nonsense, None) is None


def test_people_come_in_chunks_of_a_thousand_each_once_and_in_order(
    in_crm: DemoHost, statements: list[str]
) -> None:
    many = [{"kind": "candidate", "last_name": f"N{n}", "email": ""} for n in range(2300)]
    db.session.execute(dialect_insert(Person).values(email_key=""), many)
    everybody = db.session.scalars(select(Person.id)).all()
    big = campaign("Vacatures week 48")
    rows = [{"campaign_id": int(big), "person_id": key, "at": 1} for key in everybody]
    db.session.execute(dialect_insert(CampaignMember).on_conflict_do_nothing(), rows)
    statements.clear()
    chunks = list(in_crm.people(big))
    assert [len(chunk) for chunk in chunks] == [1000, 1000, 710]
    assert [int(p.ref.id) for chunk in chunks for p in chunk] == sorted(everybody)
    assert len(statements) == 4


def test_people_carry_everything_the_mail_may_merge(in_crm: DemoHost) -> None:
    people = {p.ref: p for chunk in in_crm.people(campaign("Vacatures week 48")) for p in chunk}
    assert len(people) == 28
    no_mailing = [p for p in people.values() if p.no_mailing]
    assert [p.ref for p in no_mailing] == [ref(10)]
    row = db.session.get_one(Person, 10)
    one = no_mailing[0]
    assert (one.name, one.first_name, one.prefix) == (row.name, row.first_name, row.prefix)
    assert row.owner
    assert (one.owner_name, one.owner_email) == (row.owner.name, row.owner.email)


def test_an_unknown_campaign_has_nobody(in_crm: DemoHost) -> None:
    assert list(in_crm.people("99999")) == []
    assert list(in_crm.people("nonsense")) == []


def test_people_by_ref_leaves_out_the_unknown_and_the_wrong_kind(in_crm: DemoHost) -> None:
    asked = [ref(5), ref(321, PersonKind.CONTACT), ref(5, PersonKind.CONTACT), ref(99999)]
    assert list(in_crm.people_by_ref(asked)) == asked[:2]


def test_an_address_finds_everybody_who_shares_it(in_crm: DemoHost) -> None:
    shared = db.session.get_one(Person, 13).email_key
    found = in_crm.people_with_address([shared, "nobody@postvak.example"])
    assert found == {shared: [ref(13), ref(323, PersonKind.CONTACT)]}


def test_opted_out_asks_for_members_of_the_tagged_groups_only(in_crm: DemoHost) -> None:
    asked = [ref(n) for n in range(1, 25)]
    assert in_crm.opted_out(OPT_OUT_TAG, asked) == {ref(6), ref(19)}
    assert in_crm.opted_out("another tag", asked) == set()
    assert in_crm.opted_out(OPT_OUT_TAG, [ref(6, PersonKind.CONTACT)]) == set()


def test_opting_out_adds_each_once_to_the_group_of_the_kind_in_one_statement(
    in_crm: DemoHost, statements: list[str]
) -> None:
    refs = [ref(1), ref(2), ref(6), ref(325, PersonKind.CONTACT), ref(99999)]
    assert in_crm.opt_out(OPT_OUT_TAG, refs, "left “Vacatures week 48”") == 3
    assert len(statements) == 1, statements
    assert in_crm.opt_out(OPT_OUT_TAG, refs, "again") == 0
    db.session.commit()
    assert in_crm.opted_out(OPT_OUT_TAG, refs) == set(refs[:4])
    kinds = select(Group.kind).join(GroupMember).where(GroupMember.person_id.in_([1, 325]))
    assert set(db.session.scalars(kinds)) == {"candidate", "contact"}
    notes = select(GroupMember.note).where(GroupMember.person_id == 1)
    assert "left “Vacatures week 48”" in db.session.scalars(notes).all()


def test_existing_groups_are_adopted_whatever_their_name(in_crm: DemoHost) -> None:
    group = db.session.scalars(select(Group).where(Group.name == "MailChimp opt-out")).first()
    assert group
    group.name = "Wil geen post"
    db.session.commit()
    in_crm.ensure_opt_out_groups(OPT_OUT_TAG, NAMES)
    db.session.commit()
    assert counted(OPT_OUT_TAG) == (1, 2)


def test_a_hundred_activations_at_once_leave_one_tag_and_two_groups(crm: Flask) -> None:
    troubles: list[BaseException] = []
    gate = threading.Barrier(20)

    def activate() -> None:
        try:
            gate.wait(10)
            for _ in range(5):
                with crm.app_context():
                    DemoHost().ensure_opt_out_groups("FreshTag", NAMES)
                    db.session.commit()
        except BaseException as trouble:  # noqa: BLE001 - handed to the test
            troubles.append(trouble)

    threads = [threading.Thread(target=activate) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []
    with crm.app_context():
        assert counted("FreshTag") == (1, 2)


def test_a_thousand_people_are_read_and_opted_out_without_a_statement_each(
    in_crm: DemoHost, statements: list[str]
) -> None:
    many: list[dict[str, Any]] = [
        {"kind": "contact", "last_name": f"N{n}", "email": f"n{n}@postvak.example"}
        for n in range(1000)
    ]
    db.session.execute(dialect_insert(Person).values(email_key=""), many)
    refs = [
        ref(key, PersonKind.CONTACT)
        for key in db.session.scalars(select(Person.id).where(Person.last_name.like("N%")))
    ][:1000]
    statements.clear()
    in_crm.people_by_ref(refs)
    in_crm.opted_out(OPT_OUT_TAG, refs)
    in_crm.opt_out(OPT_OUT_TAG, refs, "test")
    assert len(statements) == 3


def counted(tag: str) -> tuple[int, int]:
    tags = db.session.scalar(select(func.count()).where(Tag.name == tag)) or 0
    tagged = select(func.count()).select_from(Group).join(Tag).where(Tag.name == tag)
    return tags, db.session.scalar(tagged) or 0
