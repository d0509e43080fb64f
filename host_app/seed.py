"""The demo's data: the same people, groups and campaigns in every new database."""

import random
import time
import unicodedata
from collections.abc import Sequence

import click
from flask import current_app
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
    Vacancy,
)
from host_app.seed_history import seed_history
from host_app.vacancies import choose_vacancies

CANDIDATES, CONTACTS = 320, 90
# The campaign that is ready for the user of the demo to send.
FIRST_CAMPAIGN = "Vacatures week 48"

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
# User name to name, e-mail address and branch.
_USERS = {
    "admin": ("Marjan Hofstra", "marjan.hofstra@cedarstaffing.example", None),
    "recruiter": ("Sanne de Wit", "sanne.dewit@cedarstaffing.example", "Utrecht"),
    "intern": ("Tom Kuiper", "tom.kuiper@cedarstaffing.example", "Utrecht"),
}
# Title, subject, age in days and number of recipients.
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
@click.option("--with-history", is_flag=True, help="Add campaigns that were sent weeks ago.")
@with_appcontext
def init_demo(with_history: bool) -> None:
    """Create the tables and, the first time, the demo's people and campaigns."""
    missing = missing_columns()
    if missing:
        raise click.ClickException(
            f"The database belongs to another version of this demo ({missing[0]} is missing). "
            "Run “make demo-reset” to start over."
        )
    db.create_all()
    if db.session.scalar(select(Role.id).limit(1)) is None:
        seed_database(int(time.time()))
        if with_history:
            seed_history(current_app, int(time.time()))


def seed_database(now: int) -> None:
    """Writes all data in one transaction.

    Args:
        now: The end of the history, in seconds since 1970. Everything else is the same at every call.
    """
    rng = random.Random(48)  # noqa: S311 - the data must be the same every time
    offices = {name: Office(name=name) for name in names.OFFICES}
    accounts = _accounts(offices)
    db.session.add_all([*offices.values(), *accounts])
    candidates = [_candidate(rng, offices) for _ in range(CANDIDATES)]
    contacts = [_contact(rng, offices) for _ in range(CONTACTS)]
    people = [*candidates, *contacts]
    for person in people:
        person.owner = rng.choice(accounts[:2])
    _spoil_addresses(candidates, contacts)
    db.session.add_all(people)
    db.session.flush()
    _notes(rng, people, now)
    _groups(candidates, contacts, now)
    _campaigns(rng, accounts, candidates, contacts, now)
    db.session.commit()


def _accounts(offices: dict[str, Office]) -> list[Account]:
    roles = {
        name: Role(name=name, **dict.fromkeys(rights, True)) for name, rights in _ROLES.items()
    }
    for template, allowed in _TEMPLATES.items():
        db.session.add(DocumentTemplate(name=template, roles=[roles[name] for name in allowed]))
    accounts = []
    for username, password, role, _ in DEMO_LOGINS:
        name, email, office = _USERS[username]
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


def _candidate(rng: random.Random, offices: dict[str, Office]) -> Person:
    person = _person(rng, "candidate", offices)
    person.work = rng.choice(names.TRADES)
    person.email = f"{_mailbox(person)}{rng.randint(60, 99)}@{rng.choice(names.MAIL_DOMAINS)}"
    return person


def _contact(rng: random.Random, offices: dict[str, Office]) -> Person:
    person = _person(rng, "contact", offices)
    person.work = rng.choice(names.JOB_TITLES)
    person.company = rng.choice(names.COMPANIES)
    person.email = f"{_mailbox(person)}@{_ascii(person.company)}.example"
    return person


def _person(rng: random.Random, kind: str, offices: dict[str, Office]) -> Person:
    prefix, families = rng.choices(names.FAMILY_NAMES, [8, 4, 3, 1, 2, 4, 1, 1, 1, 1])[0]
    office = rng.choice(list(offices))
    return Person(
        kind=kind,
        first_name=rng.choice(rng.choice((names.WOMENS_NAMES, names.MENS_NAMES)).split()),
        prefix=prefix,
        last_name=rng.choice(families.split()),
        phone=f"06 {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} 00",
        city=rng.choice(names.OFFICES[office]),
        status=rng.choice(_STATUSES[kind]),
        office=offices[office],
    )


def _mailbox(person: Person) -> str:
    return ".".join(
        filter(None, map(_ascii, (person.first_name, person.prefix + person.last_name)))
    )


def _ascii(text: str) -> str:
    """Lower-case ASCII letters and digits only. The Turkish dotless i has no ASCII decomposition."""
    letters = unicodedata.normalize("NFKD", text.replace("ı", "i")).lower()
    return "".join(c for c in letters if c.isascii() and c.isalnum())


def _spoil_addresses(candidates: list[Person], contacts: list[Person]) -> None:
    """Adds what every real list has: shared, missing, invalid and oddly written addresses."""
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


def _notes(rng: random.Random, people: list[Person], now: int) -> None:
    for person in rng.sample(people, 160):
        for kind, text in rng.sample(names.NOTES, rng.randint(1, 3)):
            at = now - rng.randint(2, 200) * _DAY - rng.randint(0, 8 * 3600)
            db.session.add(Note(person_id=person.id, at=at, kind=kind, text=text))


def _groups(candidates: list[Person], contacts: list[Person], now: int) -> None:
    """The opt-out groups exist already, as in a CRM that used the module before; it keeps using them."""
    opt_out, no_mailing = Tag(name=OPT_OUT_TAG), Tag(name=NO_MAILING_TAG)
    by_phone = "Asked by phone not to get mailings"
    unsubscribed = "Unsubscribed from an earlier mailing"
    # The last of each list is on the first page of the candidates or contacts.
    candidates_out = [candidates[5], candidates[18], candidates[90], _by_name(candidates)[8]]
    contacts_out = [contacts[1], contacts[30], _by_name(contacts)[3]]
    _add_group("candidate", "MailChimp opt-out", opt_out, candidates_out, unsubscribed, now)
    _add_group("contact", "MailChimp opt-out", opt_out, contacts_out, unsubscribed, now)
    _add_group(
        "candidate", "NoMailing", no_mailing, [candidates[n] for n in (9, 60, 61)], by_phone, now
    )
    _add_group("contact", "NoMailing", no_mailing, [contacts[8]], by_phone, now)
    talent = [p for p in candidates if p.work in {"Python developer", "Service engineer"}]
    _add_group("candidate", "Technical talent", None, talent, "", now)
    _add_group("contact", "Christmas card", None, contacts[::4], "", now)


def _add_group(
    kind: str, name: str, tag: Tag | None, people: Sequence[Person], note: str, now: int
) -> None:
    group = Group(kind=kind, name=name, tag=tag)
    at = now - 90 * _DAY
    db.session.add_all(GroupMember(group=group, person=p, note=note, at=at) for p in people)


def _by_name(people: Sequence[Person]) -> list[Person]:
    return sorted(people, key=lambda p: (p.last_name, p.first_name, p.id))


def _campaigns(
    rng: random.Random,
    accounts: list[Account],
    candidates: list[Person],
    contacts: list[Person],
    now: int,
) -> None:
    admin, recruiter, _ = accounts
    for title, subject, days, size in _OLD_MAILINGS:
        at = now - days * _DAY
        campaign = Campaign(
            title=title, type=EMAIL, owner=recruiter, created_at=at, sent_at=at + 3600
        )
        campaign.email_subject, campaign.email_reply_to = subject, recruiter.email
        campaign.email_text = "Beste relatie,\n\nLees verder op onze website.\n\nCedar Staffing"
        _add_campaign(campaign, rng.sample(candidates, size), at)
    other_branch = Campaign(
        title="Haven: nieuwe diensten", type=EMAIL, owner=admin, created_at=now - _DAY
    )
    other_branch.office = next(p.office for p in contacts if p.office is not recruiter.office)
    _add_campaign(other_branch, contacts[20:45], now - _DAY)
    first = Campaign(title=FIRST_CAMPAIGN, type=MAILCHIMP, owner=recruiter, created_at=now - 7200)
    first.office = recruiter.office
    _add_campaign(first, [*candidates[:25], *contacts[:3]], now - 3600)
    vacancies = [
        Vacancy(number=number, title=title, city=city, summary=summary)
        for number, title, city, summary in names.VACANCIES
    ]
    db.session.add_all(vacancies)
    db.session.flush()
    choose_vacancies(first, [vacancy.id for vacancy in vacancies[:5]])


def _add_campaign(campaign: Campaign, people: Sequence[Person], at: int) -> None:
    db.session.add(campaign)
    db.session.flush()
    db.session.add_all(
        CampaignMember(campaign_id=campaign.id, person_id=p.id, at=at) for p in people
    )
