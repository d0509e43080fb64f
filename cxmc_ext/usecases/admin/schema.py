"""Creates the tables, upgrades them to this release, and checks whether they fit it."""

from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from cxmc_ext.db import schema
from cxmc_ext.db.engine import require_schema
from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.services import Services


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """How the tables in the database differ from those of this release."""

    is_newer: bool
    """They belong to a later release."""
    missing: tuple[str, ...] = ()
    """What does not work without it, in words such as "cxmc_mailing.state is missing"."""
    advisable: tuple[str, ...] = ()
    """What works, but slowly or without protection, such as a missing index."""


def schema_status(services: Services) -> SchemaStatus:
    """Compares the tables themselves, so it does not matter who created them.

    Raises:
        SetupError: The schema they belong in does not exist.
    """
    connection = services.session().connection()
    require_schema(connection)
    return _status(connection)


def upgrade(services: Services) -> list[str]:
    """Creates the tables, or runs the revisions they lack, and commits.

    Tables that a host created by other means (`db.create_all()`, its own Alembic) and that fit this
    release are recorded as upgraded. Safe to repeat, and when two run at the same time.

    Returns:
        What was done, one description per revision; empty when there was nothing to do.

    Raises:
        SetupError: The tables belong to a later release, or differ in a way that no revision explains,
            or the schema they belong in does not exist. Nothing was changed.
    """
    session = services.session()
    connection = session.connection()
    try:
        schema.begin_exclusively(connection)
        done = _upgrade(connection)
    except SetupError:
        session.rollback()
        raise
    session.commit()
    return done


def drop(services: Services) -> None:
    """Drops the tables with everything in them, and commits. Safe to repeat.

    Raises:
        SetupError: An account is still active, or the schema of the tables does not exist. Nothing was
            changed.
    """
    session = services.session()
    connection = session.connection()
    try:
        schema.begin_exclusively(connection)
        if schema.has_tables(connection):
            _require_deactivated(session)
        schema.drop(connection)
    except SetupError:
        session.rollback()
        raise
    session.commit()


def _require_deactivated(session: Session) -> None:
    if accounts.any_active(session):
        raise SetupError(
            "The module is still active: press “Deactivate” first, so that MailChimp sends nothing that is"
            " scheduled, and wait until a worker has unscheduled it."
        )


def _upgrade(connection: Connection) -> list[str]:
    pending = schema.pending(connection)
    if pending is None:
        raise SetupError("The tables belong to a later release of cxmc_ext: install that release.")
    if schema.revision(connection) is None and schema.has_tables(connection):
        _require_no_difference(connection, "migrate them with the tool that created them")
        schema.stamp(connection)
        return []
    if pending:
        schema.upgrade(connection)
    else:
        _require_no_difference(connection, "restore a backup, or migrate them yourself")
    return pending


def _require_no_difference(connection: Connection, remedy: str) -> None:
    missing = _status(connection).missing
    if missing:
        raise SetupError(
            f"The tables are not those of this release ({'; '.join(missing)}): {remedy}."
            " Nothing was changed."
        )


def _status(connection: Connection) -> SchemaStatus:
    differences = schema.differences(connection)
    return SchemaStatus(
        is_newer=schema.pending(connection) is None,
        missing=tuple(difference.text for difference in differences if difference.breaks),
        advisable=tuple(difference.text for difference in differences if not difference.breaks),
    )
