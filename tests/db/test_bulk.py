"""Events and statuses are written in bulk: every value is stored unchanged, a status only goes up."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.recipient import RecipientStatus
from cxmc_ext.db.queries import bulk
from cxmc_ext.db.queries.bulk import EventRow
from cxmc_ext.services import Services
from tests.support.databases import on_both

USUAL: list[EventRow] = [
    (1, 3, 1_790_071_542, 0, 0),
    (1, 3, 1_790_071_542, 0, 1),
    (2, 4, 1_790_055_362, 7, 0),
    (2, 5, 1_790_055_362, 0, 32_767),
]


def stored(services: Services, mailing_id: int) -> list[EventRow]:
    columns = (Event.recipient_id, Event.kind, Event.at, Event.link_id, Event.occurrence)
    wanted = select(*columns).where(Event.mailing_id == mailing_id)
    return sorted(tuple(row) for row in services.session().execute(wanted))  # type: ignore[misc]


@on_both
@pytest.mark.parametrize("are_new", [False, True])
@pytest.mark.parametrize(
    "odd",
    [
        (3, 3, -62_135_596_800, 0, 0),
        (3, 3, 253_402_300_799, 0, 0),
        (2**45 - 1, 7, 0, 2**24 - 1, 0),
        (2**45, 4, 1_790_055_362, 2**24, 0),
        (4, 3, 2**40, 0, 0),
    ],
    ids=["year 1", "year 9999", "largest packed", "larger than packed", "beyond any date"],
)
def test_every_event_is_stored_unchanged_and_once(
    services: Services, mailing_id: int, odd: EventRow, are_new: bool
) -> None:
    rows = [*USUAL, odd]
    bulk.add_events(services.session(), mailing_id, rows, are_new=are_new)
    bulk.add_events(services.session(), mailing_id, rows[::-1])
    assert stored(services, mailing_id) == sorted(rows)


@on_both
def test_what_a_copy_wrote_is_undone_with_its_transaction(
    services: Services, mailing_id: int
) -> None:
    session = services.session()
    bulk.add_sent_events(session, mailing_id, [1, 2], 1_790_071_542, are_new=True)
    session.rollback()
    assert stored(services, mailing_id) == []
    bulk.add_sent_events(session, mailing_id, [1, 2], 1_790_071_542, are_new=True)
    session.commit()
    assert len(stored(services, mailing_id)) == 2


@on_both
def test_a_status_only_goes_up(services: Services, mailing_id: int) -> None:
    session = services.session()
    bulk.raise_statuses(session, mailing_id, {1: 1, 2: 4}, are_new=True)
    bulk.raise_statuses(session, mailing_id, {1: 3, 2: 3, 3: 1})
    stored_rows = select(RecipientStatus.recipient_id, RecipientStatus.status)
    assert {row[0]: row[1] for row in session.execute(stored_rows)} == {1: 3, 2: 4, 3: 1}
