"""Brings our tables up to this release: compares, adds what lacks, refuses what adding cannot mend."""

from dataclasses import dataclass

from cxmc_ext.db import schema
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.services import Services


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """`lacking` is what `upgrade` would add, `conflicts` what it refuses, in words."""

    stored: int | None
    expected: int
    missing: list[str]
    conflicts: tuple[str, ...]

    @property
    def is_newer(self) -> bool:
        """The tables belong to a later release than this one."""
        return self.stored is not None and self.stored > self.expected


def schema_status(services: Services) -> SchemaStatus:
    connection = services.session().connection()
    lacking = schema.gap(connection)
    return SchemaStatus(
        schema.version(connection), schema.VERSION, lacking.names, lacking.conflicts
    )


def upgrade(services: Services) -> list[str]:
    """Names of what was added, none when all was there. Safe to repeat, and for two at once.

    :raises SetupError: when the tables are of a later release, or differ in what adding cannot
        mend; nothing was changed then.
    """
    session = services.session()
    connection = session.connection()
    schema.lock(connection)
    found = schema_status(services)
    if found.is_newer:
        session.rollback()
        raise SetupError(
            f"The tables are of a later release (schema {found.stored}, this one has"
            f" {found.expected}): install that release."
        )
    if found.conflicts:
        session.rollback()
        raise SetupError(
            f"Adding cannot mend this: {'; '.join(found.conflicts)}. Change it by a migration of"
            " your own; nothing was done."
        )
    schema.mend(connection, schema.gap(connection))
    schema.stamp(connection, services.clock())
    session.commit()
    return found.missing
