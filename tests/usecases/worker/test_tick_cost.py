"""A tick costs the same for any number of accounts: statements are counted, rows are bounded."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, func, insert, select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.operations import OperationKind, OperationState
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryMultiAccountHost
from cxmc_ext.usecases.sending import maintenance_requests
from cxmc_ext.usecases.shared import audit, worker_allocation
from cxmc_ext.usecases.worker import tick
from tests.support.databases import on_both

pytestmark = on_both

MANY = 50
_DAY = 86_400


@pytest.fixture
def host() -> MemoryMultiAccountHost:  # type: ignore[override]
    return MemoryMultiAccountHost(*(f"tenant-{number}" for number in range(MANY)))


def tenants(services: Services, first: int, last: int) -> list[int]:
    """Connected accounts, each with old and new rows of audit and calls; returns their ids."""
    session, now = services.session(), services.clock()
    long_ago = now - (services.settings.audit_days + 1) * _DAY
    rows = [Account(ref=f"tenant-{n}", state="active", sealed_key="k") for n in range(first, last)]
    session.add_all(rows)
    session.flush()
    ids = [row.id for row in rows]
    for at in (long_ago, now):
        rows = [{"account_id": account_id, "at": at} for account_id in ids]
        session.execute(insert(Audit), [row | {"action": "pause"} for row in rows])
        session.execute(
            insert(RemoteCall), [row | {"method": "report", "outcome": "ok"} for row in rows]
        )
    session.commit()
    return ids


@contextmanager
def counted(services: Services) -> Iterator[list[str]]:
    """The statements that reach the database inside the block."""
    statements: list[str] = []
    engine = services.session().get_bind()

    def note(_link: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_tick_takes_as_many_statements_for_fifty_accounts_as_for_one(services: Services) -> None:
    tenants(services, 0, 1)
    tick.tick(services)  # the first heartbeat inserts its row
    with counted(services) as for_one:
        tick.tick(services)
    tenants(services, 1, MANY)
    with counted(services) as for_fifty:
        tick.tick(services)
    assert len(for_fifty) == len(for_one)


def test_old_rows_of_all_accounts_are_deleted_in_bounded_batches(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PRUNE_BATCH", MANY - 10)
    tenants(services, 0, MANY)
    session = services.session()
    left = []
    for _ in range(3):
        tick.tick(services)
        session.rollback()
        counts = (select(func.count()).select_from(table) for table in (Audit, RemoteCall))
        left += [session.scalar(count) for count in counts]
    assert left == [MANY + 10, MANY + 10, MANY, MANY, MANY, MANY]


def test_maintenance_is_requested_for_the_account_it_concerns(services: Services) -> None:
    """Accounts with a mailing near its time, an unanswered call, an orphaned test mail, a refused key."""
    near, unanswered, orphaned, refused = tenants(services, 0, 4)
    session, now = services.session(), services.clock()
    for number, account_id in enumerate((near, refused)):
        row = {"account_id": account_id, "campaign_ref": f"c{number}", "remote_id": f"r{number}"}
        row |= {"state": MailingState.SCHEDULED, "schedule_at": now + 15 * 60}
        session.execute(insert(Mailing), [row])
    session.get_one(Account, refused).key_refused = True
    call = {"method": "create_segment", "outcome": "unknown", "mailing_id": 1, "at": now - 2 * 3600}
    session.execute(insert(RemoteCall), [call | {"account_id": unanswered}])
    test_mail = {"kind": OperationKind.TEST_MAIL, "state": OperationState.FAILED, "step": "draft"}
    test_mail |= {"scope": "test:1", "nonce": "t", "title_token": "t", "created_at": now - 2 * 3600}
    session.execute(insert(Operation), [test_mail | {"account_id": orphaned}])
    session.commit()
    for _ in range(2):
        maintenance_requests.request_due_maintenance(services)
    requested = select(Operation.account_id, Operation.kind).where(Operation.nonce != "t")
    assert sorted(tuple(row) for row in session.execute(requested)) == sorted(
        [(near, "late_opt_out_check"), (unanswered, "orphan_sweep"), (orphaned, "orphan_sweep")]
    )
    session.rollback()


def test_throttled_account_gets_one_nudge_only(services: Services) -> None:
    """The first operation that runs again finds out for all of them that the account still waits."""
    north, _ = tenants(services, 0, 2)
    session, now = services.session(), services.clock()
    row = {"account_id": north, "kind": "send", "title_token": "t", "created_at": now}
    row |= {"state": "waiting", "deadline": now + 900}
    session.execute(insert(Operation), [row | {"scope": n, "nonce": n} for n in ("a", "b")])
    session.execute(update(Account).where(Account.id == north).values(back_off_until=now + 60))
    session.commit()
    first = session.scalar(select(func.min(Operation.id)))
    assert worker_allocation.next_operation(services) is None
    assert tick.tick(services) == 0
    for changed in ({"deadline": now - 1}, {"deadline": now + 900, "state": "queued"}):
        session.execute(update(Operation).values(**changed))
        session.commit()
        assert worker_allocation.next_operation(services) == first
    session.execute(update(Operation).values(state="waiting"))
    session.execute(update(Account).values(back_off_until=0))
    session.commit()
    assert tick.tick(services) == 2
