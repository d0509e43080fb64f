"""Creates tables, account, the sent mailing, and its recipients with the addresses the API lists."""

import json
import os
import time
import urllib.request
from collections.abc import Iterable, Iterator
from hashlib import md5
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert, select

from benchmarks.crm import PEOPLE, BenchmarkCrm, account_id, campaign, is_benchmark_mailing
from cxmc_ext.db.base import Base
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.services import Services

_BATCH_SIZE = 5000


def run(services: Services) -> None:
    """Replace the mailing of the campaign; other mailings stay."""
    session = services.session()
    bind = session.get_bind()
    Base.metadata.create_all(bind)
    BenchmarkCrm.metadata.create_all(bind)
    account = account_id(services)
    _clear(services)
    now = int(time.time())
    mailing = Mailing(
        account_id=account, campaign_ref=campaign(), campaign_title="Benchmark", state="sent",
        remote_id=campaign(), remote_status="sent", remote_created_at=now, next_sync_at=now,
    )  # fmt: skip
    session.add(mailing)
    session.flush()
    for batch in _batches(dict.fromkeys(address.strip().lower() for address in _addresses())):
        people = [{"campaign": campaign(), "address": address} for address in batch]
        added = insert(PEOPLE).returning(PEOPLE.c.id, PEOPLE.c.address)
        rows = [_recipient(mailing.id, *row) for row in session.execute(added, people)]
        session.execute(insert(Recipient), rows)
    session.commit()


def _clear(services: Services) -> None:
    session = services.session()
    for mailing in (
        session.execute(select(Mailing.id).where(is_benchmark_mailing())).scalars().all()
    ):
        for table in (Event, ClickedLink, RecipientStatus, Recipient):
            session.execute(delete(table).where(table.mailing_id == mailing))
        session.execute(delete(Mailing).where(Mailing.id == mailing))
    session.execute(delete(PEOPLE).where(PEOPLE.c.campaign == campaign()))
    session.commit()


def _addresses() -> list[str]:
    url = f"{os.environ['BENCH_URL'].rstrip('/')}/__emails?campaign={campaign()}"
    with urllib.request.urlopen(url) as response:
        return list(json.load(response))


def _recipient(mailing: int, person: int, address: str) -> dict[str, Any]:
    key = md5(address.encode(), usedforsecurity=False).digest()
    return {"mailing_id": mailing, "address": address, "member_hash": key,
            "person_kind": "candidate", "person_id": str(person), "merge_values": {}}  # fmt: skip


def _batches(addresses: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(addresses)
    while batch := list(islice(remaining, _BATCH_SIZE)):
        yield batch
