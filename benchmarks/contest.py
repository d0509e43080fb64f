"""One mailing through the product's own path, driven by the environment: setup | sync | count | push.

BENCH_URL (its API is at /3.0), BENCH_KEY, BENCH_CAMPAIGN (sent there), BENCH_DB (SQLAlchemy URL), BENCH_DIR.
"""

import hashlib
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import delete, insert, select, update

from benchmarks.crm import CRM, PEOPLE, open_services
from cxmc_ext.db.models import Account, Base, Event, Link, Mailing, Operation, Recipient
from cxmc_ext.db.queries import events
from cxmc_ext.services import Services
from cxmc_ext.usecases import operations, steps_audience, steps_people, steps_segment, sync

LIST = "a1b2c3d4e5"
_LOT = 5000


def setup(services: Services) -> None:
    """Schema, account, the sent mailing, and its recipients with their addresses."""
    session = services.session()
    bind = session.get_bind()
    Base.metadata.create_all(bind)
    CRM.metadata.create_all(bind)
    account = _account(services)
    _clear(services, account)
    now = int(time.time())
    mailing = Mailing(
        account_id=account, campaign_ref=_campaign(), campaign_title="Contest", state="sent",
        remote_id=_campaign(), remote_status="sent", created_at=now, next_sync_at=now,
    )  # fmt: skip
    session.add(mailing)
    session.flush()
    for lot in _lots(_emails()):
        people = [{"address": address} for address in lot]
        session.execute(insert(PEOPLE), people)
        session.execute(insert(Recipient), [_recipient(mailing.id, each) for each in lot])
    session.commit()


def synchronise(services: Services) -> None:
    """As the tick does it: what is due is claimed and read; nobody pressed “Update now”."""
    session, now = services.session(), services.clock()
    session.execute(update(Mailing).where(_mine()).values(next_sync_at=now))
    session.execute(update(Account).values(gate_at=1))
    session.commit()
    for mailing_id in sync.claim_due(services, 20):
        sync.run(services, mailing_id)
    note = session.execute(select(Mailing.sync_note).where(_mine())).scalar_one()
    if note:
        sys.exit(f"not complete: {note}")


def count(services: Services) -> None:
    session = services.session()
    mailing = session.execute(select(Mailing.id).where(_mine())).scalar_one()
    stored = events.event_counts(session, mailing)
    status = events.status_counts(session, mailing)
    told = sum(stored.get(kind, 0) for kind in ("opened", "clicked", "bounced"))
    print(
        json.dumps(
            {
                "events": told,
                "activities": told + stored.get("sent", 0) + stored.get("unsubscribed", 0),
                "unsubscribed": stored.get("unsubscribed", 0),
                "status": {name: status.get(name, 0) for name in _STATUSES},
            }
        )
    )


def push(services: Services) -> None:
    """The steps of a send up to the filled segment: freeze, read members, push, segment."""
    session = services.session()
    account = _account(services)
    now = int(time.time())
    mailing = Mailing(account_id=account, campaign_ref=f"push {now}", state="preparing")
    session.add(mailing)
    session.flush()
    token = hashlib.md5(str(now).encode(), usedforsecurity=False).hexdigest()[:16]
    operation = Operation(
        account_id=account, mailing_id=mailing.id, kind="send", scope=f"mailing:{mailing.id}",
        nonce=token, token=token, created_at=now, deadline=now + 36_000,
    )  # fmt: skip
    session.add(operation)
    session.commit()
    claimed = operations.claim(services, operation.id)  # the steps alone, without the draft
    assert claimed is not None
    for step in _PUSH:
        claimed.save(step=step.__name__)
        step(claimed)


_STATUSES = ("sent", "bounced", "opened", "clicked", "unsubscribed")
_PUSH: tuple[Callable[[Any], Any], ...] = (
    steps_people.freeze,
    steps_audience.members,
    steps_audience.push,
    steps_segment.segment,
)


def _campaign() -> str:
    return os.environ["BENCH_CAMPAIGN"]


def _mine() -> Any:
    return Mailing.remote_id == _campaign()


def _account(services: Services) -> int:
    """gate_at 1: nobody asked for an update; members_since: nobody left before today."""
    session, now = services.session(), int(time.time())
    found = session.execute(select(Account)).scalar_one_or_none()
    if found is None:
        found = Account(ref="default", state="active", list_id=LIST, gate_at=1, members_since=now)
        found.key_sealed = os.environ["BENCH_KEY"]
        session.add(found)
        session.commit()
    return found.id


def _clear(services: Services, account: int) -> None:
    session = services.session()
    for mailing in session.execute(select(Mailing.id).where(_mine())).scalars().all():
        for table in (Event, Link, Recipient):
            session.execute(delete(table).where(table.mailing_id == mailing))
        session.execute(delete(Mailing).where(Mailing.id == mailing))
    session.execute(delete(PEOPLE))
    session.commit()
    assert account


def _emails() -> list[str]:
    url = f"{os.environ['BENCH_URL']}/__emails?campaign={_campaign()}"
    with urllib.request.urlopen(url) as answer:
        return list(json.load(answer))


def _recipient(mailing: int, address: str) -> dict[str, Any]:
    plain = address.strip().lower()
    key = hashlib.md5(plain.encode(), usedforsecurity=False).digest()
    return {"mailing_id": mailing, "address": plain, "member_hash": key, "person_kind": "candidate",
            "person_id": plain[:64], "merge": {}}  # fmt: skip


def _lots(rows: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(rows), _LOT):
        yield rows[start : start + _LOT]


COMMANDS: dict[str, Callable[[Services], None]] = {
    "setup": setup,
    "sync": synchronise,
    "count": count,
    "push": push,
}


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m benchmarks.contest {' | '.join(COMMANDS)}")
    started = time.perf_counter()
    services = open_services(os.environ["BENCH_URL"], os.environ["BENCH_DB"])
    try:
        COMMANDS[sys.argv[1]](services)
    finally:
        services.session().close()
    print(json.dumps({"seconds": time.perf_counter() - started}), file=sys.stderr)


if __name__ == "__main__":
    main()
