"""The content of MailChimp's templates, for the preview."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from cxmc_ext.db.base import ID, Base


class TemplateContent(Base):
    """The HTML of one template as last read, including merge tags. Shown, never sent."""

    __tablename__ = "cxmc_template_content"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_cxmc_template_content"),
        UniqueConstraint("account_id", "template_id", name="uq_cxmc_template_content_template"),
        ForeignKeyConstraint(
            ["account_id"], ["cxmc_account.id"], name="fk_cxmc_template_content_account"
        ),
    )
    id: Mapped[int] = mapped_column(ID, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ID)
    template_id: Mapped[int] = mapped_column(BigInteger)
    tags: Mapped[Any] = mapped_column(JSON, default=list)
    """The merge tags in it."""
    html: Mapped[str] = mapped_column(Text)
    read_at: Mapped[int] = mapped_column(BigInteger)
