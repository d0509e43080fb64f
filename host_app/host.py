"""`DemoHost`: how the extension sees this CRM. Start from this file when you integrate your own.

It has every ability besides `LoginPage` and `MultiAccountHost`; see tests/integrator/test_host_contract.py.

What matters in all methods:

- Refs come from outside, so they can be anything. `parse_id` turns what is no id into 0, which no row has.
- Workers call most methods outside of a request. Only `current_user` and `locale` may use the session.
- Methods use `db.session` and never commit: the extension commits its own changes together with them.
- Each method runs a fixed number of statements, whatever the number of people.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import exists, literal, select

from cxmc_ext import Campaign, MergeField, Notification, Person, PersonKind, PersonRef, Right, User
from host_app import auth, language, messages, models
from host_app.campaign_members import add_people
from host_app.database import db, dialect_insert, execute_rowcount
from host_app.dutch import DUTCH
from host_app.failed_addresses import mark_failed, mark_working
from host_app.group_members import groups_with_tag, remove_people
from host_app.models import Group, GroupMember, Tag
from host_app.request_checks import row_id
from host_app.vacancies import VacancyBlocks

# People in this group get no mailings from the CRM. The tab says so, but does not leave them out.
NO_MAILING_TAG = "NoMailing"
# The roles that may use this document template see the tab.
_TAB_TEMPLATE = "Mailchimp"
_CHUNK_SIZE = 1000
# What mails can say about a person besides names and owner; `_merge_values` has the values.
_MERGE_FIELDS = (
    MergeField("JOBTITLE", "Job title"),
    MergeField("OFFICE", "Office"),
    MergeField("SALUTATION", "Salutation", fallback="Beste relatie"),
)


class DemoHost(VacancyBlocks):
    """The demo CRM as the extension sees it."""

    def current_user(self) -> User | None:
        """Returns the logged-in user."""
        account = auth.current_account()
        return User(str(account.id), account.name, account.email) if account else None

    def locale(self) -> str:
        """Returns the language that the reader chose in the header."""
        return language.chosen_language()

    def rights(self, user_id: str) -> frozenset[Right]:
        """Returns the rights of the user's role: none without the menu “Campaigns”."""
        account = db.session.get(models.Account, parse_id(user_id))
        if account is None or not account.role.campaigns:
            return frozenset()
        role = account.role
        granted = {
            Right.TAB: any(template.name == _TAB_TEMPLATE for template in role.templates),
            Right.SEND: role.send,
            Right.CONFIGURE: role.configure,
            Right.ACTIVATE: role.activate,
        }
        return frozenset(right for right, is_granted in granted.items() if is_granted)

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign | None:
        """Returns a campaign of the type “MailChimp” if the user may see it.

        Its `ref` is made from the row, not from `campaign_ref`: "7" and "007" are the same campaign.
        """
        campaign = db.session.get(models.Campaign, parse_id(campaign_ref))
        if campaign is None or campaign.type != models.MAILCHIMP:
            return None
        is_visible = user_id is None or _sees(user_id, campaign)
        return Campaign(campaign.ref, campaign.title) if is_visible else None

    def campaigns_by_ref(
        self, campaign_refs: Collection[str], user_id: str
    ) -> Mapping[str, Campaign]:
        """Returns the campaigns that the user may see, in one query and not one per campaign."""
        campaign, account = models.Campaign, db.session.get(models.Account, parse_id(user_id))
        if account is None:
            return {}
        ids = [parse_id(ref) for ref in campaign_refs]
        rows = db.session.scalars(
            select(campaign).where(campaign.id.in_(ids), campaign.type == models.MAILCHIMP)
        )
        return {row.ref: Campaign(row.ref, row.title) for row in rows if account.sees(row)}

    def people(self, campaign_ref: str) -> Iterator[Sequence[Person]]:
        """Returns everybody in a campaign, in chunks.

        Each chunk starts after the last id of the one before. Nobody appears twice or is skipped,
        even if people are added or removed between two chunks.
        """
        last_id = 0
        member = models.CampaignMember
        while rows := db.session.execute(
            _select_people()
            .join(member, member.person_id == models.Person.id)
            .where(member.campaign_id == parse_id(campaign_ref), member.person_id > last_id)
            .order_by(member.person_id)
            .limit(_CHUNK_SIZE)
        ).all():
            last_id = rows[-1].id
            yield [_person(row) for row in rows]

    def people_by_ref(self, refs: Collection[PersonRef]) -> Mapping[PersonRef, Person]:
        """Returns people as they are now.

        Ids are unique across candidates and contacts here; comparing whole refs leaves out a ref with
        the wrong kind.
        """
        rows = db.session.execute(_select_people().where(models.Person.id.in_(_ids(refs))))
        people = {person.ref: person for person in map(_person, rows)}
        return {ref: people[ref] for ref in refs if ref in people}

    def people_with_address(self, addresses: Collection[str]) -> Mapping[str, Sequence[PersonRef]]:
        """Finds everybody who has one of these addresses, by an indexed column for exactly this."""
        person = models.Person
        refs: dict[str, list[PersonRef]] = {}
        for row in db.session.execute(
            select(person.email_key, person.kind, person.id)
            .where(person.email_key.in_(addresses))
            .order_by(person.id)
        ):
            refs.setdefault(row.email_key, []).append(_ref(row))
        return refs

    def ensure_opt_out_groups(self, tag: str, names: Mapping[PersonKind, str]) -> None:
        """Creates the tag and the groups that do not exist yet.

        Safe when called concurrently: `Tag.name` is unique, and so is the tag per kind of group. A
        second insert does nothing.
        """
        db.session.execute(dialect_insert(Tag).values(name=tag).on_conflict_do_nothing())
        for kind, name in names.items():
            group = select(literal(kind.value), literal(name), Tag.id).where(Tag.name == tag)
            db.session.execute(
                dialect_insert(Group)
                .from_select(["kind", "name", "tag_id"], group)
                .on_conflict_do_nothing()
            )

    def opt_out_groups(self, tag: str) -> set[PersonKind]:
        """Returns the kinds of person that have a group with the tag."""
        kinds = db.session.scalars(select(Group.kind).where(Group.id.in_(groups_with_tag(tag))))
        return {PersonKind(kind) for kind in kinds}

    def opted_out(self, tag: str, refs: Collection[PersonRef]) -> set[PersonRef]:
        """Returns which of these people are in a group with the tag."""
        rows = db.session.execute(
            select(models.Person.kind, models.Person.id)
            .join(GroupMember, GroupMember.person_id == models.Person.id)
            .where(GroupMember.group_id.in_(groups_with_tag(tag)), models.Person.id.in_(_ids(refs)))
        )
        return {_ref(row) for row in rows}.intersection(refs)

    def opt_out(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        """Adds people to the group of their kind; members keep their first note.

        A single INSERT … SELECT pairs each person with the group of the same kind.
        """
        members = (
            select(Group.id, models.Person.id, literal(note[:300]), literal(int(time.time())))
            .join(models.Person, models.Person.kind == Group.kind)
            .where(Group.id.in_(groups_with_tag(tag)), models.Person.id.in_(_ids(refs)))
        )
        columns = ["group_id", "person_id", "note", "at"]
        return execute_rowcount(
            dialect_insert(GroupMember).from_select(columns, members).on_conflict_do_nothing()
        )

    def new_campaign(self, title: str, refs: Iterable[Sequence[PersonRef]], user_id: str) -> str:
        """Creates a campaign that belongs to the user's branch, as the button “New” does."""
        owner = db.session.get_one(models.Account, parse_id(user_id))
        campaign = models.Campaign(
            title=title[:200],
            type=models.MAILCHIMP,
            created_at=int(time.time()),
            owner_id=owner.id,
            office_id=owner.office_id,
        )
        db.session.add(campaign)
        db.session.flush()
        for chunk in refs:
            ids = select(models.Person.id).where(models.Person.id.in_(_ids(chunk)))
            add_people(campaign, ids)
        return campaign.ref

    def merge_fields(self) -> Sequence[MergeField]:
        """Returns what mails can say besides names and owner."""
        return _MERGE_FIELDS

    def notify(self, notification: Notification) -> None:
        """Puts a notification behind the bell of its users, in every language that they can choose."""
        messages.store(notification)

    def opt_in(self, tag: str, refs: Collection[PersonRef], note: str) -> int:
        """Removes people from the groups with the tag, and notes why at each of them."""
        return remove_people(groups_with_tag(tag), _ids(self.opted_out(tag, refs)), note)

    def address_failed(self, people: Mapping[PersonRef, str], note: str) -> None:
        """Marks people; who has another address by now is left alone."""
        mark_failed(_ids(people), set(people.values()), note)

    def address_works(self, refs: Collection[PersonRef]) -> None:
        """Removes the marks."""
        mark_working(_ids(refs))

    def tab_url(self, campaign_ref: str) -> str:
        """Returns the URL of the campaign page that contains `cxmc_tab(…)`."""
        return url_for("campaigns.mailchimp", campaign_id=parse_id(campaign_ref))

    def person_ref(self, person: models.Person) -> PersonRef:
        """Returns the ref of what our templates pass to `cxmc_activities(…)`."""
        return _ref(person)

    def person_url(self, ref: PersonRef) -> str | None:
        """Returns the URL of a person's page."""
        return url_for("people.general", kind=ref.kind.value, person_id=parse_id(ref.id))


def parse_id(text: str) -> int:
    """The id in a ref or in a URL; 0, which no row has, if it is not an id."""
    try:
        return row_id(text)
    except ValueError:
        return 0


def _sees(user_id: str, campaign: models.Campaign) -> bool:
    account = db.session.get(models.Account, parse_id(user_id))
    return account is not None and account.sees(campaign)


def _select_people() -> Any:
    """Everything that `_person` needs, in one query."""
    person, owner, office = models.Person, models.Account, models.Office
    no_mailing = exists().where(
        GroupMember.person_id == person.id,
        GroupMember.group_id.in_(groups_with_tag(NO_MAILING_TAG)),
    )
    return (
        select(
            person.id,
            person.kind,
            person.first_name,
            person.prefix,
            person.last_name,
            person.email,
            person.work,
            office.name.label("office_name"),
            owner.name.label("owner_name"),
            owner.email.label("owner_email"),
            no_mailing.label("no_mailing"),
        )
        .select_from(person)
        .outerjoin(owner, owner.id == person.owner_id)
        .outerjoin(office, office.id == person.office_id)
    )


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
        merge_values=_merge_values(row),
        mailed_despite_no_mailing=row.no_mailing,
    )


def _merge_values(row: Any) -> dict[str, str]:
    """In Dutch, like the mails. A candidate is greeted by the first name, a contact by the last name."""
    is_candidate = row.kind == PersonKind.CANDIDATE
    last_name = " ".join(filter(None, (row.prefix, row.last_name)))
    greeted = f"Beste {row.first_name}" if is_candidate else f"Geachte heer/mevrouw {last_name}"
    return {
        "JOBTITLE": DUTCH.get(row.work, row.work),
        "OFFICE": row.office_name or "",
        "SALUTATION": greeted if row.first_name or not is_candidate else "",
    }


def _ref(row: Any) -> PersonRef:
    return PersonRef(PersonKind(row.kind), str(row.id))


def _ids(refs: Collection[PersonRef]) -> list[int]:
    return [parse_id(ref.id) for ref in refs]
