"""Alembic's revisions of our tables: one file in `versions/` per change, run by `cxmc_ext.db.schema`."""
