"""What every table stands on."""

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for a plain INTEGER key."""


class Base(DeclarativeBase):
    """Root of our models; `Base.metadata` is what `cxmc.metadata` shows to a host's Alembic."""

    metadata = MetaData()
