"""The events of a person are read through the person's rows, however many mailings there are."""

import re

import pytest
from sqlalchemy import event, text

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import events
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.services import Services
from tests.support.factories import create_event

pytestmark = pytest.mark.slow


def seed(services: Services, ref: str, mailings: int) -> int:
    """An account with so many mailings to one person, who opened each; returns the account's id."""
    session = services.session()
    account = Account(ref=ref)
    session.add(account)
    session.flush()
    account_id = account.id
    for number in range(mailings):
        mailing = Mailing(account_id=account_id, campaign_ref=str(number))
        session.add(mailing)
        session.flush()
        row = Recipient(
            mailing_id=mailing.id, person_kind="candidate", person_id="7", member_hash=b"h" * 16
        )
        session.add(row)
        session.flush()
        create_event(services, mailing.id, row.id, EventStatus.OPENED, 1_790_000_000 + number)
    return account_id


@pytest.mark.parametrize("mailings", [1, 9, 10, 11, 60, 300])
def test_sqlite_reads_the_events_of_the_person_only(services: Services, mailings: int) -> None:
    account_id = seed(services, "one", mailings)
    session, statements = services.session(), list[tuple[str, object]]()
    engine = session.get_bind()

    def note(_c: object, _k: object, statement: str, values: object, *_: object) -> None:
        if "FROM cxmc_event" in statement:
            statements.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        found = events.person_timeline(
            session, account_id, "candidate", "7", hashes=[b"h" * 16], limit=500
        )
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(found) == mailings
    ((statement, values),) = statements
    plan = [
        row[3]
        for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    ]
    (of_events,) = [line for line in plan if re.search(r"\bcxmc_event\b", line)]
    assert "USING PRIMARY KEY (recipient_id=?)" in of_events, plan
    assert "mailing" not in plan[0], plan


def test_another_account_is_not_shown(services: Services) -> None:
    one, other = seed(services, "one", 3), seed(services, "other", 2)
    session = services.session()
    found = events.person_timeline(session, other, "candidate", "7", hashes=[b"h" * 16])
    assert len(found) == 2
    accounts = session.execute(
        text("SELECT DISTINCT account_id FROM cxmc_mailing WHERE id IN (:first, :last)"),
        {"first": found[0].mailing_id, "last": found[-1].mailing_id},
    )
    assert list(accounts.scalars()) == [other]
    assert len(events.person_timeline(session, one, "candidate", "7")) == 3
