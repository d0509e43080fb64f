"""The declarative base of our tables, and the column types they share."""

from enum import StrEnum

from sqlalchemy import BigInteger, Enum, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

# SQLite generates keys only for a plain INTEGER PRIMARY KEY (https://sqlite.org/autoinc.html).
ID = BigInteger().with_variant(Integer, "sqlite")


def enum_type(members: type[StrEnum], length: int) -> Enum:
    """A column that is an enum in Python and a VARCHAR in the database.

    The values are stored, not the names, and no database type or CHECK is created: a new member needs no
    migration. Enum is SQLAlchemy's own type, so the migrations of a host import nothing of ours.
    """
    return Enum(
        members,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda kind: [member.value for member in kind],
    )


class Base(DeclarativeBase):
    """Root of our models. `extension.py` copies its tables into the metadata of the host."""

    metadata = MetaData()
