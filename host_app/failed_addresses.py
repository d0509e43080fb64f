"""The mark on people at whose address mail does not arrive. The caller commits."""

from collections.abc import Collection

from sqlalchemy import update

from host_app.database import execute_rowcount
from host_app.models import Person


def mark_failed(person_ids: Collection[int], addresses: Collection[str], note: str) -> None:
    """Marks people who have one of these canonical addresses; others are left alone."""
    has_address = (Person.id.in_(person_ids), Person.email_key.in_(addresses))
    values = {"failed_key": Person.email_key, "failed_note": note[:300]}
    execute_rowcount(update(Person).where(*has_address).values(values))


def mark_working(person_ids: Collection[int]) -> None:
    """Removes the marks of people."""
    values = {"failed_key": "", "failed_note": ""}
    execute_rowcount(update(Person).where(Person.id.in_(person_ids)).values(values))
