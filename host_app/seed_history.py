"""The demo's earlier MailChimp campaigns, so that the overview and the averages have something to show."""

import random
from typing import Any

from flask import Flask
from sqlalchemy import select

from cxmc_ext import PersonKind, PersonRef, User
from cxmc_ext.testing.past_campaigns import PastCampaign, store_past_campaigns
from host_app.database import db
from host_app.models import MAILCHIMP, Account, Campaign, CampaignMember, GroupMember, Person

_DAY, _HOUR = 86_400, 3600
_SITE = "https://www.cedarstaffing.example"
_VACANCIES = (f"{_SITE}/vacatures", f"{_SITE}/vacatures/1041", f"{_SITE}/vacatures/1057")
_NEWS = (f"{_SITE}/nieuws/feestdagen", f"{_SITE}/nieuws/cao")
# Title, subject, template, days ago, candidates, contacts, share of opens and of clicks, links.
_SENT: tuple[tuple[str, str, str, int, int, int, float, float, tuple[str, ...]], ...] = (
    (
        "Nieuwsbrief september", "Wat er in september speelt", "Nieuwsbrief november", 68, 180, 60,
        0.38, 0.06, _NEWS,
    ),
    (
        "Open dag techniek", "Kom kijken op onze open dag", "Vacature-update", 47, 70, 0, 0.55, 0.17,
        (f"{_SITE}/open-dag", f"{_SITE}/route"),
    ),
    (
        "Vacatures week 44", "Nieuwe vacatures bij jou in de buurt", "Vacature-update", 25, 110, 0,
        0.44, 0.11, _VACANCIES,
    ),
    (
        "Tarieven volgend jaar", "Onze tarieven voor volgend jaar", "Support", 16, 0, 70, 0.62, 0.09,
        (f"{_SITE}/tarieven",),
    ),
    (
        "Vacatures week 46", "Deze week nieuw: werk in de regio", "Vacature-update", 11, 120, 0, 0.41,
        0.09, _VACANCIES,
    ),
)  # fmt: skip


def seed_history(app: Flask, now: int) -> None:
    """Writes campaigns of the recruiter that were sent weeks ago. Does nothing if there are any.

    Args:
        app: The app, in an app context.
        now: The end of the history, in seconds since 1970.
    """
    if db.session.scalar(select(Campaign.id).where(Campaign.title == _SENT[0][0]).limit(1)):
        return
    recruiter = db.session.scalars(select(Account).where(Account.username == "recruiter")).one()
    rng = random.Random(46)  # noqa: S311 - the data must be the same every time
    store_past_campaigns(app, [_past(recruiter, rng, now, *row) for row in _SENT])
    db.session.commit()


def _past(
    recruiter: Account,
    rng: random.Random,
    now: int,
    title: str,
    subject: str,
    template_name: str,
    days: int,
    *shares: Any,
) -> PastCampaign:
    candidates, contacts, open_share, click_share, links = shares
    sent_at = now - now % _DAY - days * _DAY + 9 * _HOUR
    campaign = Campaign(
        title=title,
        type=MAILCHIMP,
        created_at=sent_at - 2 * _HOUR,
        owner_id=recruiter.id,
        office_id=recruiter.office_id,
    )
    db.session.add(campaign)
    db.session.flush()
    people = [*_some(rng, "candidate", candidates), *_some(rng, "contact", contacts)]
    at = campaign.created_at
    db.session.add_all(
        CampaignMember(campaign_id=campaign.id, person_id=id_, at=at) for id_ in people
    )
    db.session.flush()
    return PastCampaign(
        ref=campaign.ref,
        title=title,
        subject=subject,
        template_name=template_name,
        sender=User(str(recruiter.id), recruiter.name, recruiter.email),
        sent_at=sent_at,
        links=links,
        open_share=open_share,
        click_share=click_share,
        unsubscribed=_unsubscribed() if title == _SENT[0][0] else frozenset(),
    )


def _some(rng: random.Random, kind: str, count: int) -> list[int]:
    ids = db.session.scalars(select(Person.id).where(Person.kind == kind).order_by(Person.id))
    return sorted(rng.sample(list(ids), count))


def _unsubscribed() -> frozenset[PersonRef]:
    """Whose membership of the opt-out group says that they unsubscribed from an earlier mailing."""
    members = (
        select(Person.kind, Person.id)
        .join(GroupMember, GroupMember.person_id == Person.id)
        .where(GroupMember.note.startswith("Unsubscribed from"))
    )
    return frozenset(
        PersonRef(PersonKind(kind), str(id_)) for kind, id_ in db.session.execute(members)
    )
