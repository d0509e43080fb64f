"""The links of a report in the gallery."""

from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from host_app.database import db


def most_clicked_link(ref: str) -> int:
    """The id of the link that is first in the report."""
    report = db.session.scalars(select(Mailing.report).where(Mailing.campaign_ref == ref)).one()
    return int(report["links"][0][3])
