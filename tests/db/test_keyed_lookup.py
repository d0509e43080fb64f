"""SQLite finds recipients by their addresses or people through the index of those, whatever else is asked."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.orm import Session

from cxmc_ext.db.base import Base
from cxmc_ext.db.queries import bulk, recipient_changes, recipients, shared_addresses
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import PersonKind, PersonRef

HASHES = [b"a" * 16, b"b" * 16]


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_no_other_index_is_read(session: Session) -> None:
    plans: dict[str, str] = {}

    def explain(
        connection: Connection, cursor: object, sql: str, values: object, *_: object
    ) -> None:
        rows = connection.connection.cursor()
        rows.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        plans[sql] = " ".join(row[3] for row in rows.fetchall())

    event.listen(session.get_bind(), "before_cursor_execute", explain)
    bulk.find_by_hashes(session, 1, [key.hex() for key in HASHES])
    recipients.mailable_by_hash(session, 1, HASHES)
    recipients.exclude(session, 1, HASHES, ExclusionReason.OPTED_OUT)
    recipient_changes.mailed_people_by_hash(session, 1, HASHES)
    recipient_changes.people_by_ref(session, 1, [PersonRef(PersonKind.CONTACT, "1")])
    shared_addresses.mark_shared_addresses(session, 1, HASHES)
    assert len(plans) == 6
    for sql, plan in plans.items():
        assert "ix_cxmc_recipient_address" in plan or "ix_cxmc_recipient_person" in plan, sql
        assert "(mailing_id" not in plan, f"{sql}: {plan}"
