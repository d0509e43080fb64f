"""Run by Alembic for every command: connects our revisions with a database.

`cxmc_ext.db.schema` passes its own connection and transaction. The command line of Alembic, with which a new
revision is written, names a database in `alembic.ini`.
"""

from alembic import context
from sqlalchemy import Connection, create_engine

from cxmc_ext.db.models import Base
from cxmc_ext.db.schema import VERSION_TABLE, is_ours


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_ours,
        version_table=VERSION_TABLE,
        # Batches would recreate tables on SQLite. That fails for tables that others point at where the
        # host sets `PRAGMA foreign_keys = ON` (https://sqlite.org/foreignkeys.html#fk_schemacommands).
        render_as_batch=False,
    )
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    _engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with _engine.begin() as _connection:
        _run(_connection)
