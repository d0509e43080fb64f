"""DemoHost implements `Host`: rights, people, opt-outs, and concurrent calls."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from cxmc_ext import OPT_OUT_TAG, PersonKind, PersonRef, Right, canonical_address
from host_app.database import db, dialect_insert
from host_app.host import DemoHost
from host_app.models import Account, Campaign, CampaignMember, Group, GroupMember, Person, Tag
from tests.host_app.conftest import close_crm, create_crm
from tests.support.databases import DATABASES

NAMES = dict.fromkeys(PersonKind, "MailChimp opt-out")


def ref(number: int, kind: PersonKind = PersonKind.CANDIDATE) -> PersonRef:
    return PersonRef(kind, str(number))


def user_id(name: str) -> str:
    return str(db.session.scalars(select(Account.id).where(Account.username == name)).one())


def campaign_ref(title: str) -> str:
    return str(db.session.scalars(select(Campaign.id).where(Campaign.title == title)).one())


@pytest.fixture(params=DATABASES)
def crm(request: pytest.FixtureRequest, seeded_database: Path, tmp_path: Path) -> Iterator[Flask]:
    """The CRM with its seed data, on SQLite and, if a server is configured, on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(seeded_database, tmp_path / "crm.db")
        app = create_crm(tmp_path)
        with (
            app.app_context()
        ):  # SQLite's lock is not fair: one of twenty threads may wait for seconds.
            event.listen(db.engine, "connect", _set_long_timeout)
            db.engine.dispose()
    else:
        url = request.getfixturevalue("postgres_url")
        app = create_crm(tmp_path, SQLALCHEMY_DATABASE_URI=url)
        assert app.test_cli_runner().invoke(args=["init-demo"]).exit_code == 0
    yield app
    close_crm(app)


def _set_long_timeout(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA busy_timeout = 60000")


@pytest.fixture
def statements(demo_host: DemoHost) -> list[str]:
    """The SQL statements from now on, except BEGIN."""
    executed: list[str] = []

    def listen(*args: Any) -> None:
        statement = args[2]
        if not statement.startswith("BEGIN"):
            executed.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    return executed


def test_users_have_the_rights_of_their_roles(demo_host: DemoHost) -> None:
    assert demo_host.rights(user_id("admin")) == frozenset(Right)
    assert demo_host.rights(user_id("recruiter")) == {Right.TAB, Right.SEND}
    assert demo_host.rights(user_id("intern")) == frozenset()
    assert demo_host.rights("999") == frozenset()
    assert demo_host.rights("1 or 1=1") == frozenset()


def test_a_campaign_is_returned_to_users_who_may_see_it_and_to_the_extension(
    demo_host: DemoHost,
) -> None:
    own, mail = campaign_ref("Vacatures week 48"), campaign_ref("Nieuwsbrief voorjaar")
    campaign = demo_host.campaign(own, user_id("recruiter"))
    assert campaign
    assert (campaign.ref, campaign.title) == (own, "Vacatures week 48")
    assert demo_host.campaign(own, None) == campaign
    assert demo_host.campaign(own, user_id("intern")) is None
    assert demo_host.campaign(own, "999") is None
    assert demo_host.campaign(mail, user_id("admin")) is None
    for nonsense in ("", "x", "1 or 1=1", "٣", "9" * 30):
        assert demo_host.campaign(nonsense, None) is None


def test_people_are_returned_in_chunks_of_a_thousand_once_and_in_order(
    demo_host: DemoHost, statements: list[str]
) -> None:
    many = [{"kind": "candidate", "last_name": f"N{n}", "email": ""} for n in range(2300)]
    db.session.execute(dialect_insert(Person).values(email_key=""), many)
    person_ids = db.session.scalars(select(Person.id)).all()
    big = campaign_ref("Vacatures week 48")
    rows = [{"campaign_id": int(big), "person_id": key, "at": 1} for key in person_ids]
    db.session.execute(dialect_insert(CampaignMember).on_conflict_do_nothing(), rows)
    statements.clear()
    chunks = list(demo_host.people(big))
    assert [len(chunk) for chunk in chunks] == [1000, 1000, 710]
    assert [int(p.ref.id) for chunk in chunks for p in chunk] == sorted(person_ids)
    assert len(statements) == 4


def test_people_have_all_values_for_merge_fields(demo_host: DemoHost) -> None:
    people = {
        p.ref: p for chunk in demo_host.people(campaign_ref("Vacatures week 48")) for p in chunk
    }
    assert len(people) == 28
    no_mailing = [p for p in people.values() if p.mailed_despite_no_mailing]
    assert [p.ref for p in no_mailing] == [ref(10)]
    row = db.session.get_one(Person, 10)
    person = no_mailing[0]
    assert (person.name, person.first_name, person.prefix) == (row.name, row.first_name, row.prefix)
    assert row.owner
    assert (person.owner_name, person.owner_email) == (row.owner.name, row.owner.email)


def test_an_unknown_campaign_has_no_people(demo_host: DemoHost) -> None:
    assert list(demo_host.people("99999")) == []
    assert list(demo_host.people("nonsense")) == []


def test_people_by_ref_leaves_out_unknown_refs_and_the_wrong_kind(demo_host: DemoHost) -> None:
    refs = [ref(5), ref(321, PersonKind.CONTACT), ref(5, PersonKind.CONTACT), ref(99999)]
    assert list(demo_host.people_by_ref(refs)) == refs[:2]


def test_people_who_share_an_address_are_all_found(demo_host: DemoHost) -> None:
    address = db.session.get_one(Person, 13).email_key
    refs = demo_host.people_with_address([address, "nobody@postvak.example"])
    assert refs == {address: [ref(13), ref(323, PersonKind.CONTACT)]}


def test_a_mailbox_is_found_in_every_spelling_on_both_databases(crm: Flask) -> None:
    spellings = (
        "Info@M\u00fcller.example",
        "info@MU\u0308LLER.example\u200b",
        "\u00a0info@xn--mller-kva.example",
    )
    with crm.app_context():
        people = [Person(kind="candidate", last_name="Idn", email=email) for email in spellings]
        db.session.add_all(people)
        db.session.commit()
        found = DemoHost().people_with_address(["info@xn--mller-kva.example"])
        assert found == {"info@xn--mller-kva.example": [ref(person.id) for person in people]}
        people[0].email = "jan@kantoor.example"
        db.session.commit()
        found = DemoHost().people_with_address(["info@xn--mller-kva.example"])
        assert found == {"info@xn--mller-kva.example": [ref(person.id) for person in people[1:]]}


def test_an_address_that_is_longer_in_punycode_can_be_stored(crm: Flask) -> None:
    email = "a@" + "".join(map(chr, range(0x4E00, 0x4E00 + 252)))
    assert len(canonical_address(email)) > 254
    with crm.app_context():
        person = Person(kind="contact", last_name="Long", email=email)
        db.session.add(person)
        db.session.commit()
        assert person.email_key == canonical_address(email)[:254]


def test_opted_out_returns_only_members_of_groups_with_the_tag(demo_host: DemoHost) -> None:
    refs = [ref(n) for n in range(1, 25)]
    assert demo_host.opted_out(OPT_OUT_TAG, refs) == {ref(6), ref(19)}
    assert demo_host.opted_out("another tag", refs) == set()
    assert demo_host.opted_out(OPT_OUT_TAG, [ref(6, PersonKind.CONTACT)]) == set()


def test_opting_out_adds_each_person_once_to_the_group_of_their_kind_in_one_statement(
    demo_host: DemoHost, statements: list[str]
) -> None:
    refs = [ref(1), ref(2), ref(6), ref(325, PersonKind.CONTACT), ref(99999)]
    assert demo_host.opt_out(OPT_OUT_TAG, refs, "left “Vacatures week 48”") == 3
    assert len(statements) == 1, statements
    assert demo_host.opt_out(OPT_OUT_TAG, refs, "again") == 0
    db.session.commit()
    assert demo_host.opted_out(OPT_OUT_TAG, refs) == set(refs[:4])
    kinds = select(Group.kind).join(GroupMember).where(GroupMember.person_id.in_([1, 325]))
    assert set(db.session.scalars(kinds)) == {"candidate", "contact"}
    notes = select(GroupMember.note).where(GroupMember.person_id == 1)
    assert "left “Vacatures week 48”" in db.session.scalars(notes).all()


def test_existing_groups_are_used_whatever_their_name(demo_host: DemoHost) -> None:
    group = db.session.scalars(select(Group).where(Group.name == "MailChimp opt-out")).first()
    assert group
    group.name = "Wil geen post"
    db.session.commit()
    demo_host.ensure_opt_out_groups(OPT_OUT_TAG, NAMES)
    db.session.commit()
    assert count_tags_and_groups(OPT_OUT_TAG) == (1, 2)


def test_a_hundred_concurrent_activations_create_one_tag_and_two_groups(crm: Flask) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(20)

    def activate() -> None:
        try:
            barrier.wait(10)
            for _ in range(5):
                with crm.app_context():
                    DemoHost().ensure_opt_out_groups("FreshTag", NAMES)
                    db.session.commit()
        except BaseException as error:  # noqa: BLE001 - checked by the test
            errors.append(error)

    threads = [threading.Thread(target=activate) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    with crm.app_context():
        assert count_tags_and_groups("FreshTag") == (1, 2)


def test_a_thousand_people_are_read_and_opted_out_in_three_statements(
    demo_host: DemoHost, statements: list[str]
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
    demo_host.people_by_ref(refs)
    demo_host.opted_out(OPT_OUT_TAG, refs)
    demo_host.opt_out(OPT_OUT_TAG, refs, "test")
    assert len(statements) == 3


def count_tags_and_groups(tag: str) -> tuple[int, int]:
    tags = db.session.scalar(select(func.count()).where(Tag.name == tag)) or 0
    tagged = select(func.count()).select_from(Group).join(Tag).where(Tag.name == tag)
    return tags, db.session.scalar(tagged) or 0
