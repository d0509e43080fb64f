"""The mail of a mailing, as MailChimp sent it."""

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class SentMail(Base):
    """The HTML of a sent campaign, with merge tags: the values of a person are in their `Recipient`.

    A table of its own, so that no screen loads it by accident. It stays when the campaign is deleted at
    MailChimp.
    """

    __tablename__ = "cxmc_sent_mail"
    __table_args__ = (
        PrimaryKeyConstraint("mailing_id", name="pk_cxmc_sent_mail"),
        ForeignKeyConstraint(["mailing_id"], ["cxmc_mailing.id"], name="fk_cxmc_sent_mail_mailing"),
    )
    mailing_id: Mapped[int] = mapped_column(ID, autoincrement=False)
    html: Mapped[str] = mapped_column(Text)
