"""What the bell of the demo says the morning after people clicked."""

from collections.abc import Iterator
from functools import partial

from flask import current_app

from cxmc_ext import Notification, NotificationKind, Right
from cxmc_ext.domain.notifications import CampaignClicks, NotificationFacts
from host_app.database import db
from host_app.host import DemoHost
from tests.gallery.demo_server import RECRUITER
from tests.gallery.scene import Scene


def message_scenes(campaign_ref: str) -> Iterator[Scene]:
    """Brings the recruiter the clicks of a day."""
    services = current_app.extensions["cxmc"].services
    names = ("Anna de Boer", "Bram van Dijk", "Carla Jansen", "Daan Visser", "Eva Smit")
    facts = NotificationFacts(
        NotificationKind.DAILY_CLICKS,
        recipients=12,
        clicks=(
            CampaignClicks("Vacatures week 48", 11, names),
            CampaignClicks("Nieuwsbrief oktober", 2, names[:2]),
        ),
        campaigns=2,
    )
    DemoHost().notify(
        Notification(
            kind=NotificationKind.DAILY_CLICKS,
            id="daily_clicks-gallery",
            at=services.clock(),
            account_ref="default",
            user_id=RECRUITER.id,
            right=Right.SEND,
            campaign_ref=campaign_ref,
            _render=partial(services.render_notification, facts),
        )
    )
    db.session.commit()
    yield Scene("host-messages", "/messages")
