"""DemoHost: what the MailChimp module needs to know of this CRM. The file an integrator copies."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import Select, exists, literal, select

from cxmc_ext import Campaign, Person, PersonKind, PersonRef, Right, User
from host_app import auth, language, models
from host_app.campaign_members import add_people
from host_app.database import db, dialect_insert, execute_rowcount
from host_app.models import Group, GroupMember, Tag

_CHUNK = 1000
_TAB_TEMPLATE = "Mailchimp"
NO_MAILING_TAG = "NoMailing"


class DemoHost:
    """The host's half of the contract; every method is one statement, whatever the number of people."""

    def current_user(self) -> User | None:
        account = auth.current_account()
        return User(str(account.id), account.name, account.email) if account else None

    def locale(self) -> str:
        return language.chosen_language()

    def rights(self, user_id: str) -> frozenset[Right]:
        account = db.session.get(models.Account, parse_id(user_id))
        if account is None or not account.role.campaigns:
            return frozenset()
        role = account.role
        granted = {
            Right.TAB: any(t.name == _TAB_TEMPLATE for t in role.templates),
            Right.SEND: role.send,
            Right.CONFIGURE: role.configure,
            Right.ACTIVATE: role.activate,
        }
        return frozenset(right for right, yes in granted.items() if yes)

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign | None:
        found = db.session.get(models.Campaign, parse_id(campaign_ref))
        if found is None or found.type != models.MAILCHIMP:
            return None
        seen = user_id is None or _sees(user_id, found)
        return Campaign(found.ref, found.title) if seen else None

    def people(self, campaign_ref: str) -> Iterator[Sequence[Person]]:
        """Keyset pages: each chunk starts behind the last id, so a change in between repeats nobody."""
        last = 0
        member = models.CampaignMember
        while chunk := db.session.execute(
            _people()
            .join(member, member.person_id == models.Person.id)
            .where(member.campaign_id == parse_id(campaign_ref), member.person_id > last)
            .order_by(member.person_id)
            .limit(_CHUNK)
        ).all():
            last = chunk[-1].id
            yield [_person(row) for row in chunk]

    def people_by_ref(self, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
        rows = db.session.execute(_people().where(models.Person.id.in_(_ids(refs))))
        found = {person.ref: person for person in map(_person, rows)}
        return {ref: found[ref] for ref in refs if ref in found}

    def people_with_address(self, addresses: Collection[str]) -> Mapping[str, Sequence[PersonRef]]:
        person = models.Person
        found: dict[str, list[PersonRef]] = {}
        for row in db.session.execute(
            select(person.email_key, person.kind, person.id)
            .where(person.email_key.in_(addresses))
            .order_by(person.id)
        ):
            found.setdefault(row.email_key, []).append(_ref(row))
        return found

    def ensure_opt_out_groups(self, tag: str, names: Mapping[PersonKind, str]) -> None:
        """UNIQUE (tag.name) and UNIQUE (group.kind, group.tag_id) decide; the loser inserts nothing."""
        run = db.session.execute
        run(dialect_insert(Tag).values(name=tag).on_conflict_do_nothing())
        for kind, name in names.items():
            group = select(literal(kind.value), literal(name), Tag.id).where(Tag.name == tag)
            run(
                dialect_insert(Group)
                .from_select(["kind", "name", "tag_id"], group)
                .on_conflict_do_nothing()
            )

    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        rows = db.session.execute(
            select(models.Person.kind, models.Person.id)
            .join(GroupMember, GroupMember.person_id == models.Person.id)
            .where(GroupMember.group_id.in_(_tagged(tag)), models.Person.id.in_(_ids(refs)))
        )
        return {_ref(row) for row in rows}.intersection(refs)

    def opt_out(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        members = (
            select(Group.id, models.Person.id, literal(note[:300]), literal(int(time.time())))
            .join(models.Person, models.Person.kind == Group.kind)
            .where(Group.id.in_(_tagged(tag)), models.Person.id.in_(_ids(refs)))
        )
        columns = ["group_id", "person_id", "note", "at"]
        return execute_rowcount(
            dialect_insert(GroupMember).from_select(columns, members).on_conflict_do_nothing()
        )

    def new_campaign(self, title: str, refs: Iterable[Sequence[PersonRef]], user_id: str) -> str:
        """Belongs to the user's office, like one made with “New”."""
        owner, now = db.session.get_one(models.Account, parse_id(user_id)), int(time.time())
        made = models.Campaign(
            title=title[:200],
            type=models.MAILCHIMP,
            created_at=now,
            owner_id=owner.id,
            office_id=owner.office_id,
        )
        db.session.add(made)
        db.session.flush()
        for chunk in refs:
            add_people(made, select(models.Person.id).where(models.Person.id.in_(_ids(chunk))))
        return made.ref

    def tab_url(self, campaign_ref: str) -> str:
        return url_for("campaigns.mailchimp", campaign_id=parse_id(campaign_ref))

    def person_ref(self, person: models.Person) -> PersonRef:
        return _ref(person)

    def person_url(self, ref: PersonRef) -> str | None:
        return url_for("people.general", kind=ref.kind.value, person_id=parse_id(ref.id))


def parse_id(text: str) -> int:
    """Our ids are whole numbers; whatever is not one becomes 0, which no row has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _sees(user_id: str, campaign: models.Campaign) -> bool:
    account = db.session.get(models.Account, parse_id(user_id))
    return account is not None and account.sees(campaign)


def _people() -> Any:
    person, owner = models.Person, models.Account
    no_mailing = exists().where(
        GroupMember.person_id == person.id, GroupMember.group_id.in_(_tagged(NO_MAILING_TAG))
    )
    return select(
        person.id,
        person.kind,
        person.first_name,
        person.prefix,
        person.last_name,
        person.email,
        owner.name.label("owner_name"),
        owner.email.label("owner_email"),
        no_mailing.label("no_mailing"),
    ).outerjoin(owner, owner.id == person.owner_id)


def _person(row: Any) -> Person:
    return Person(
        ref=_ref(row),
        name=" ".join(filter(None, (row.first_name, row.prefix, row.last_name))),
        address=row.email,
        first_name=row.first_name,
        prefix=row.prefix,
        last_name=row.last_name,
        owner_name=row.owner_name or "",
        owner_email=row.owner_email or "",
        no_mailing=row.no_mailing,
    )


def _ref(row: Any) -> PersonRef:
    return PersonRef(PersonKind(row.kind), str(row.id))


def _ids(refs: Collection[PersonRef]) -> list[int]:
    return [parse_id(ref.id) for ref in refs]


def _tagged(tag: str) -> Select[int]:
    return select(Group.id).join(Tag, Tag.id == Group.tag_id).where(Tag.name == tag)
