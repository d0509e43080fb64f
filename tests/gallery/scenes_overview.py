"""The campaign overview, the CRM's own list with the same facts, and then the clean list."""

from collections.abc import Iterator

from sqlalchemy import delete, select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from host_app.database import db
from tests.gallery.demo_server import RECRUITER, DemoServer
from tests.gallery.scene import Scene
from tests.gallery.scenes_clean_list import clean_list_scenes
from tests.support.factories import create_mailing, create_recipient

_DAY = 86_400
# Title, state, days from now, recipients, share of opens and of clicks.
_CAMPAIGNS = (
    ("Nieuwsbrief oktober", "sent", -31, 148, 0.412, 0.081),
    ("Open dag techniek", "sent", -17, 61, 0.557, 0.164),
    ("Vacatures week 46", "sent", -12, 97, 0.381, 0.052),
    ("Enquête na plaatsing", "sent", -6, 33, 0.636, 0.212),
    ("Vacatures week 47", "not_ready", None, 102, None, None),
    ("Kerstborrel voor relaties", "scheduled", 8, 88, None, None),
    ("Vacatures week 50", "scheduled", 8, 120, None, None),
    ("Jaarwisseling: bereikbaarheid", "scheduled", 24, 310, None, None),
)


def overview_scenes(stage: DemoServer) -> Iterator[Scene]:
    now, services = stage.services.clock(), stage.services
    created = []
    for title, state, days, recipients, opened, clicked in _CAMPAIGNS:
        at = None if days is None else now - now % _DAY + days * _DAY + 9 * 3600
        values = {"schedule_at": at} if state == "scheduled" else {"sent_at": at}
        created.append(
            create_mailing(
                services,
                stage.campaign(title, 3),
                state,
                campaign_title=title,
                mailable_count=recipients,
                emails_sent=recipients if state == "sent" else 0,
                open_rate=opened,
                click_rate=clicked,
                requested_by_id=RECRUITER.id,
                requested_by_name=RECRUITER.name,
                **values,
            )
        )
    created.append(_imported(stage))
    yield Scene("overview", "/cxmc/campaigns")
    db.session.execute(update(Account).values(importable_campaigns=4))
    db.session.commit()
    yield Scene("overview-importable", "/cxmc/campaigns", "admin")
    yield Scene("account-importable", "/cxmc/account", "admin")
    db.session.execute(update(Account).values(importable_campaigns=0))
    db.session.commit()
    ref = db.session.scalar(select(Mailing.campaign_ref).where(Mailing.is_imported))
    yield Scene("tab-report-imported", f"/campaigns/{ref}/mailchimp", "admin")
    yield Scene("recipients-imported", f"/cxmc/campaigns/{ref}/recipients", "admin")
    yield Scene("overview-filtered", "/cxmc/campaigns?state=sent&q=vacatures&sort=opened")
    yield Scene("overview-none", "/cxmc/campaigns?q=zomerfeest")
    yield Scene("host-campaigns-reported", "/campaigns")
    db.session.execute(delete(Recipient).where(Recipient.mailing_id.in_(created)))
    db.session.execute(delete(Mailing).where(Mailing.id.in_(created)))
    db.session.commit()
    yield from clean_list_scenes(stage)


def _imported(stage: DemoServer) -> int:
    """A campaign that was created in MailChimp, sent to one person of the CRM and two others."""
    services = stage.services
    mailing = create_mailing(
        services,
        stage.campaign("Zomerbrief", 1),
        "sent",
        campaign_title="Zomerbrief",
        is_imported=True,
        template_name="",
        template_id=None,
        sent_at=services.clock() - 40 * _DAY,
        emails_sent=3,
        people_count=3,
        mailable_count=3,
        open_rate=0.333,
        click_rate=0.0,
        counts={"reason": {}, "origin": {"unknown": 2}},
    )
    create_recipient(services, mailing, name="Anna de Boer", address="anna@kandidaten.example")
    for name in ("bram", "carla"):
        address = f"{name}@relaties.example"
        create_recipient(services, mailing, person_kind="", person_id="", name="", address=address)
    return mailing
