"""The content of MailChimp's templates, for the preview."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class TemplateContent(Base):
    """The HTML of one template as last read, including merge tags. Shown, never sent.

    With edited regions it is a row of its own: MailChimp has filled them in.
    """

    __tablename__ = "cxmc_template_content"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_template_content"),
        UniqueConstraint(
            "account_id", "template_id", "regions_key", name="uq_cxmc_template_content_template"
        ),
        ForeignKeyConstraint(
            ["account_id"], ["cxmc_account.id"], name="fk_cxmc_template_content_account"
        ),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    template_id: Mapped[int] = mapped_column(BigInteger)
    regions_key: Mapped[str] = mapped_column(String(64), default="")
    """`rules.regions.key_of` the edited regions; "" for the template as it is."""
    regions: Mapped[Any] = mapped_column(JSON, default=dict)
    """{name: HTML} of the template's own regions."""
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    """`rules.regions.fingerprint` of the HTML."""
    tags: Mapped[Any] = mapped_column(JSON, default=list)
    """The merge tags in it."""
    html: Mapped[str] = mapped_column(Text)
    read_at: Mapped[int] = mapped_column(BigInteger)
