"""Schema, account, the sent mailing, and its recipients with the addresses the other side names."""

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
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.services import Services

_LOT = 5000


def run(services: Services) -> None:
    """A mailing of the same campaign that was there before is replaced; others stay."""
    session = services.session()
    bind = session.get_bind()
    Base.metadata.create_all(bind)
    BenchmarkCrm.metadata.create_all(bind)
    account = account_id(services)
    _clear(services)
    now = int(time.time())
    mailing = Mailing(
        account_id=account, campaign_ref=campaign(), campaign_title="Contest", state="sent",
        remote_id=campaign(), remote_status="sent", remote_created_at=now, next_sync_at=now,
    )  # fmt: skip
    session.add(mailing)
    session.flush()
    for lot in _lots(dict.fromkeys(each.strip().lower() for each in _emails())):
        people = [{"campaign": campaign(), "address": address} for address in lot]
        session.execute(insert(PEOPLE), people)
        session.execute(insert(Recipient), [_recipient(mailing.id, each) for each in lot])
    session.commit()


def _clear(services: Services) -> None:
    session = services.session()
    for mailing in (
        session.execute(select(Mailing.id).where(is_benchmark_mailing())).scalars().all()
    ):
        for table in (Event, ClickedLink, Recipient):
            session.execute(delete(table).where(table.mailing_id == mailing))
        session.execute(delete(Mailing).where(Mailing.id == mailing))
    session.execute(delete(PEOPLE).where(PEOPLE.c.campaign == campaign()))
    session.commit()


def _emails() -> list[str]:
    url = f"{os.environ['BENCH_URL'].rstrip('/')}/__emails?campaign={campaign()}"
    with urllib.request.urlopen(url) as answer:
        return list(json.load(answer))


def _recipient(mailing: int, address: str) -> dict[str, Any]:
    key = md5(address.encode(), usedforsecurity=False).digest()
    return {"mailing_id": mailing, "address": address, "member_hash": key,
            "person_kind": "candidate", "person_id": address[:64], "merge_values": {}}  # fmt: skip


def _lots(addresses: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(addresses)
    while lot := list(islice(rest, _LOT)):
        yield lot
