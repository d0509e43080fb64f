"""The demo's data: the same people, groups and campaigns at every new start, written once."""

import random
import time
import unicodedata
from collections.abc import Sequence

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from werkzeug.security import generate_password_hash

from cxmc_ext import OPT_OUT_TAG
from host_app import seed_names as names
from host_app.auth import DEMO_LOGINS
from host_app.database import db, missing_columns
from host_app.host import NO_MAILING_TAG
from host_app.models import (
    EMAIL,
    MAILCHIMP,
    Account,
    Campaign,
    CampaignMember,
    DocumentTemplate,
    Group,
    GroupMember,
    Note,
    Office,
    Person,
    Role,
    Tag,
)

CANDIDATES, CONTACTS = 320, 90
FIRST_CAMPAIGN = "Vacatures week 48"
"""The campaign that is left for the newcomer to send."""

_DAY = 86400
_ROLES = {
    "Administrator": {"campaigns", "send", "configure", "activate", "maintenance"},
    "Recruiter": {"campaigns", "send"},
    "Intern": set[str](),
}
_TEMPLATES = {
    "Mailchimp": ("Administrator", "Recruiter"),
    "Interview invitation": ("Administrator", "Recruiter", "Intern"),
    "Placement contract": ("Administrator", "Recruiter"),
}
_PEOPLE = {
    "admin": ("Marjan Hofstra", "marjan.hofstra@cedarstaffing.example", None),
    "recruiter": ("Sanne de Wit", "sanne.dewit@cedarstaffing.example", "Utrecht"),
    "intern": ("Tom Kuiper", "tom.kuiper@cedarstaffing.example", "Utrecht"),
}
_OLD_MAILINGS = (
    ("Nieuwsbrief voorjaar", "Nieuws van Cedar Staffing", 210, 140),
    ("Open dag techniek", "Kom kijken op de open dag", 96, 60),
    ("Vakantieplanning", "Wanneer ben je er?", 61, 180),
)
_STATUSES = {
    "candidate": ("Available", "Available", "Available", "Placed", "Not available"),
    "contact": ("Active", "Active", "Active", "Former"),
}


@click.command("init-demo")
@with_appcontext
def init_demo() -> None:
    """Create the tables and, the first time, the demo's people and campaigns."""
    lacking = missing_columns()
    if lacking:
        raise click.ClickException(
            f"The database was made by another version of this demo (it lacks {lacking[0]}). "
            "Run “make demo-reset” to start afresh."
        )
    db.create_all()
    if db.session.scalar(select(Role.id).limit(1)) is None:
        seed_database(int(time.time()))


def seed_database(now: int) -> None:
    """Writes everything in one transaction.

    :param now: the moment the history leads up to; all else is the same at every call.
    """
    draw = random.Random(48)  # noqa: S311 - the same data every time is the point
    offices = {name: Office(name=name) for name in names.OFFICES}
    accounts = _accounts(offices)
    db.session.add_all([*offices.values(), *accounts])
    candidates = [_candidate(draw, offices) for _ in range(CANDIDATES)]
    contacts = [_contact(draw, offices) for _ in range(CONTACTS)]
    people = [*candidates, *contacts]
    for person in people:
        person.owner = draw.choice(accounts[:2])
    _trouble(candidates, contacts)
    db.session.add_all(people)
    db.session.flush()
    _notes(draw, people, now)
    _groups(candidates, contacts, now)
    _campaigns(draw, accounts, candidates, contacts, now)
    db.session.commit()


def _accounts(offices: dict[str, Office]) -> list[Account]:
    roles = {
        name: Role(name=name, **dict.fromkeys(rights, True)) for name, rights in _ROLES.items()
    }
    for template, allowed in _TEMPLATES.items():
        found = DocumentTemplate(name=template, roles=[roles[name] for name in allowed])
        db.session.add(found)
    accounts = []
    for username, password, role, _ in DEMO_LOGINS:
        name, email, office = _PEOPLE[username]
        accounts.append(
            Account(
                username=username,
                name=name,
                email=email,
                password_hash=generate_password_hash(password),
                role=roles[role],
                office=offices[office] if office else None,
            )
        )
    return accounts


def _candidate(draw: random.Random, offices: dict[str, Office]) -> Person:
    person = _somebody(draw, "candidate", offices)
    person.work = draw.choice(names.TRADES)
    person.email = f"{_mailbox(person)}{draw.randint(60, 99)}@{draw.choice(names.MAIL_DOMAINS)}"
    return person


def _contact(draw: random.Random, offices: dict[str, Office]) -> Person:
    person = _somebody(draw, "contact", offices)
    person.work = draw.choice(names.JOB_TITLES)
    person.company = draw.choice(names.COMPANIES)
    person.email = f"{_mailbox(person)}@{_plain(person.company)}.example"
    return person


def _somebody(draw: random.Random, kind: str, offices: dict[str, Office]) -> Person:
    prefix, families = draw.choices(names.FAMILY_NAMES, [8, 4, 3, 1, 2, 4, 1, 1, 1, 1])[0]
    office = draw.choice(list(offices))
    return Person(
        kind=kind,
        first_name=draw.choice(draw.choice((names.WOMENS_NAMES, names.MENS_NAMES)).split()),
        prefix=prefix,
        last_name=draw.choice(families.split()),
        phone=f"06 {draw.randint(10, 99)} {draw.randint(10, 99)} {draw.randint(10, 99)} 00",
        city=draw.choice(names.OFFICES[office]),
        status=draw.choice(_STATUSES[kind]),
        office=offices[office],
    )


def _mailbox(person: Person) -> str:
    return ".".join(
        filter(None, map(_plain, (person.first_name, person.prefix + person.last_name)))
    )


def _plain(text: str) -> str:
    """Lower-case ASCII letters and digits only; the Turkish dotless i has no ASCII decomposition."""
    letters = unicodedata.normalize("NFKD", text.replace("ı", "i")).lower()
    return "".join(c for c in letters if c.isascii() and c.isalnum())


def _trouble(candidates: list[Person], contacts: list[Person]) -> None:
    """What every real list has: shared, missing, broken and oddly typed addresses."""
    for first, second in ((3, 7), (40, 41), (100, 180)):
        candidates[second].email = candidates[first].email
    candidates[7].last_name, candidates[7].prefix = candidates[3].last_name, candidates[3].prefix
    contacts[2].email = candidates[12].email
    for n in (10, 55, 120, 250):
        candidates[n].email = ""
    candidates[14].email = candidates[14].email.replace("@", "(at)")
    candidates[77].email = "geen e-mail"
    candidates[200].email = "noor@@postvak.example"
    candidates[16].email = f"  {candidates[16].email.upper()} "


def _notes(draw: random.Random, people: list[Person], now: int) -> None:
    for person in draw.sample(people, 160):
        for kind, text in draw.sample(names.NOTES, draw.randint(1, 3)):
            at = now - draw.randint(2, 200) * _DAY - draw.randint(0, 8 * 3600)
            db.session.add(Note(person_id=person.id, at=at, kind=kind, text=text))


def _groups(candidates: list[Person], contacts: list[Person], now: int) -> None:
    """The opt-out groups are there already, as in a CRM that had the module before: it adopts them."""
    opt_out, no_mailing = Tag(name=OPT_OUT_TAG), Tag(name=NO_MAILING_TAG)
    told = "Said so on the telephone"
    left = "Unsubscribed from an earlier mailing"
    # The last of each is somebody on the first page of the list.
    out = [candidates[5], candidates[18], candidates[90], _by_name(candidates)[8]]
    out_contacts = [contacts[1], contacts[30], _by_name(contacts)[3]]
    _group("candidate", "MailChimp opt-out", opt_out, out, left, now)
    _group("contact", "MailChimp opt-out", opt_out, out_contacts, left, now)
    _group("candidate", "NoMailing", no_mailing, [candidates[n] for n in (9, 60, 61)], told, now)
    _group("contact", "NoMailing", no_mailing, [contacts[8]], told, now)
    talent = [p for p in candidates if p.work in {"Python developer", "Service engineer"}]
    _group("candidate", "Technical talent", None, talent, "", now)
    _group("contact", "Christmas card", None, contacts[::4], "", now)


def _group(
    kind: str, name: str, tag: Tag | None, people: Sequence[Person], note: str, now: int
) -> None:
    group = Group(kind=kind, name=name, tag=tag)
    at = now - 90 * _DAY
    db.session.add_all(GroupMember(group=group, person=p, note=note, at=at) for p in people)


def _by_name(people: Sequence[Person]) -> list[Person]:
    return sorted(people, key=lambda p: (p.last_name, p.first_name, p.id))


def _campaigns(
    draw: random.Random,
    accounts: list[Account],
    candidates: list[Person],
    contacts: list[Person],
    now: int,
) -> None:
    admin, recruiter, _ = accounts
    for title, subject, days, size in _OLD_MAILINGS:
        at = now - days * _DAY
        mailing = Campaign(
            title=title, type=EMAIL, owner=recruiter, created_at=at, sent_at=at + 3600
        )
        mailing.email_subject, mailing.email_reply_to = subject, recruiter.email
        mailing.email_text = "Beste relatie,\n\nLees verder op onze website.\n\nCedar Staffing"
        _members(mailing, draw.sample(candidates, size), at)
    other = Campaign(title="Haven: nieuwe diensten", type=EMAIL, owner=admin, created_at=now - _DAY)
    other.office = next(p.office for p in contacts if p.office is not recruiter.office)
    _members(other, contacts[20:45], now - _DAY)
    first = Campaign(title=FIRST_CAMPAIGN, type=MAILCHIMP, owner=recruiter, created_at=now - 7200)
    first.office = recruiter.office
    _members(first, [*candidates[:25], *contacts[:3]], now - 3600)


def _members(campaign: Campaign, people: Sequence[Person], at: int) -> None:
    db.session.add(campaign)
    db.session.flush()
    db.session.add_all(
        CampaignMember(campaign_id=campaign.id, person_id=p.id, at=at) for p in people
    )
