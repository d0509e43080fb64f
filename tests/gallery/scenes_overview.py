"""The campaign overview, and the CRM's own list with the same facts."""

from collections.abc import Iterator

from sqlalchemy import delete

from cxmc_ext.db.models.mailing import Mailing
from host_app.database import db
from tests.gallery.demo_server import RECRUITER, DemoServer
from tests.gallery.scene import Scene
from tests.support.factories import create_mailing

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
    yield Scene("overview", "/cxmc/campaigns")
    yield Scene("overview-filtered", "/cxmc/campaigns?state=sent&q=vacatures&sort=opened")
    yield Scene("overview-none", "/cxmc/campaigns?q=zomerfeest")
    yield Scene("host-campaigns-reported", "/campaigns")
    db.session.execute(delete(Mailing).where(Mailing.id.in_(created)))
    db.session.commit()
