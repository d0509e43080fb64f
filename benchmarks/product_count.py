"""Prints what is stored for the mailing, as one line of JSON."""

import json

from sqlalchemy import select

from benchmarks.crm import is_benchmark_mailing
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import events
from cxmc_ext.services import Services

_STATUSES = ("sent", "bounced", "opened", "clicked", "unsubscribed")


def run(services: Services) -> None:
    session = services.session()
    mailing = session.execute(select(Mailing.id).where(is_benchmark_mailing())).scalar_one()
    stored = events.event_counts(session, mailing)
    status = events.status_counts(session, mailing)
    events_read = sum(stored.get(kind, 0) for kind in ("opened", "clicked", "bounced"))
    print(
        json.dumps(
            {
                "events": events_read,
                "activities": events_read + stored.get("sent", 0) + stored.get("unsubscribed", 0),
                "unsubscribed": stored.get("unsubscribed", 0),
                "status": {name: status.get(name, 0) for name in _STATUSES},
            }
        )
    )
