"""A sent campaign of any size behind the MailChimp port, and what must be stored of it, computed apart."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import create_engine, event, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from cxmc_ext.config import read_settings
from cxmc_ext.db.base import Base
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.mailchimp import (
    ActivityPage,
    ActivityRow,
    Page,
    RawEvent,
    ReportSummary,
    Unsubscribe,
)
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.sync import turn as sync_turn

REMOTE_ID = "c0ffee"
SENT_AT = 1_790_000_000
_RANK = {"sent": 1, "bounced": 2, "opened": 3, "clicked": 4, "unsubscribed": 5}
_WORD = {"bounce": "bounced", "open": "opened", "click": "clicked"}


class ReportedEvent(NamedTuple):
    """One event, and the moment from which on MailChimp reports it."""

    person: int
    action: str
    at: int
    url: str
    reported_at: int


def address(person: int) -> str:
    return f"p{person}@kantoor.example"


def member_hash(person: int) -> str:
    return hashlib.md5(address(person).encode(), usedforsecurity=False).hexdigest()


@dataclass
class FakeReports:
    """MailChimp's reports of one campaign, behind the methods of the port that read them."""

    people: int
    events: list[ReportedEvent]
    unsubscribed_at: dict[int, int] = field(default_factory=dict)
    now: int = 0
    page_order: Callable[[], list[int]] | None = None
    """Which people the pages list, and in which order; by default everybody."""
    total_from_page_order: bool = False
    """Whether the reported total counts the listed people instead of everybody mailed."""
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._cache: tuple[tuple[int, int], dict[int, list[RawEvent]]] | None = None

    def __call__(self, _key: str, _row: int) -> Any:
        return self

    def events_by_person(self) -> dict[int, list[RawEvent]]:
        state = (self.now, len(self.events))
        if self._cache is None or self._cache[0] != state:
            self._cache = (state, self._reported())
        return self._cache[1]

    def _reported(self) -> dict[int, list[RawEvent]]:
        by_person: dict[int, list[RawEvent]] = defaultdict(list)
        for person, action, at, url, reported_at in self.events:
            if reported_at <= self.now:
                by_person[person].append((action, at, url))
        return by_person

    def report_summaries(self, _since: int) -> Iterator[ReportSummary]:
        self.calls["change check"] += 1
        times: dict[str, list[int]] = {"open": [], "click": [], "bounce": []}
        for events in self.events_by_person().values():
            for action, at, _ in events:
                times[action].append(at)
        opens, clicks = times["open"], times["click"]
        yield ReportSummary(
            REMOTE_ID, SENT_AT, self.people, len(opens), max(opens, default=None), len(clicks),
            max(clicks, default=None), len(times["bounce"]), len(self.unsubscribed_at),
        )  # fmt: skip

    def activity_page(self, _remote: str, offset: int, since: int | None) -> ActivityPage:
        with self._lock:  # several threads request pages
            self.calls["page"] += 1
            listed = self.page_order() if self.page_order else list(range(self.people))
        events = self.events_by_person()
        rows = tuple(
            ActivityRow(
                member_hash(person),
                address(person),
                tuple(e for e in events.get(person, ()) if since is None or e[1] > since),
            )
            for person in listed[offset : offset + 1000]
        )
        return ActivityPage(
            rows, len(listed) if self.total_from_page_order else self.people, len(rows)
        )

    def complaints(self, _remote: str) -> Page[Unsubscribe]:
        raise AssertionError("nobody complained")

    def unsubscribes_page(self, _remote: str, offset: int) -> Page[Unsubscribe]:
        self.calls["unsubscribes"] += 1
        unsubscribes = list(self.unsubscribed_at.items())[offset : offset + 1000]
        rows = [
            Unsubscribe(member_hash(person), address(person), at, "") for person, at in unsubscribes
        ]
        return Page(rows, len(rows))

    def members_changed(self, *_: Any) -> Iterator[Any]:
        return iter(())


@dataclass
class SyncedMailing:
    """Our side: a database with the frozen mailing, and a clock."""

    reports: FakeReports
    engine: Engine
    now: int = SENT_AT + 3600

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.engine)
        self.session = Session(self.engine)
        self.host = MemoryHost()
        self.host.ensure_opt_out_groups(OPT_OUT_TAG, dict.fromkeys(PersonKind, ""))
        self.services = Services(
            self.host, self.reports, ManualQueue(), _OpenVault(), lambda: self.session,
            lambda: self.now, read_settings({}),
        )  # fmt: skip
        account = Account(
            ref="default", state="active", sealed_key="k", unsubscribes_cursor=self.now
        )
        self.session.add(account)
        self.session.flush()
        mailing = Mailing(
            account_id=account.id, campaign_ref="1", state="sent", remote_id=REMOTE_ID,
            remote_status="sent", remote_created_at=SENT_AT, sent_at=SENT_AT, next_sync_at=self.now,
        )  # fmt: skip
        self.session.add(mailing)
        self.session.flush()
        self.mailing_id = mailing.id
        rows = [self._row(person) for person in range(self.reports.people)]
        self.session.execute(insert(Recipient), rows)
        self.session.commit()

    def sync(self, moment: int | None = None, after: int = 900) -> None:
        """Runs the sync turn that comes due `after` seconds later; MailChimp reports up to `moment`."""
        if moment is not None:
            self.reports.now = moment
        self.now += after
        due = update(Mailing).values(next_sync_at=self.now, sync_lease_until=0.0)
        self.session.execute(due)
        self.session.execute(update(Account).values(change_checked_at=1))
        self.session.commit()
        sync_turn.run(self.services, self.mailing_id)

    def sync_from_scratch(self) -> None:
        self.session.execute(update(Mailing).values(events_cursor=None))
        self.session.commit()
        self.sync()

    def mailing_row(self) -> Mailing:
        self.session.expire_all()
        return self.session.get_one(Mailing, self.mailing_id)

    def stored_events(self) -> Counter[tuple[str, str, int, str]]:
        rows = self.session.execute(
            select(Recipient.address, Event.kind, Event.at, ClickedLink.url)
            .join(Recipient, Recipient.id == Event.recipient_id)
            .outerjoin(ClickedLink, ClickedLink.id == Event.link_id)
        )
        return Counter(
            (recipient, EventStatus(kind).name.lower(), at, url or "")
            for recipient, kind, at, url in rows
        )

    def stored_statuses(self) -> dict[str, str]:
        rows = self.session.execute(select(Recipient.address, Recipient.status))
        return {recipient: EventStatus(status).name.lower() for recipient, status in rows}

    def expected_events(self) -> Counter[tuple[str, str, int, str]]:
        """Everything that MailChimp reports by now, each event as often as it happened."""
        reports = self.reports
        expected = Counter((address(n), "sent", SENT_AT, "") for n in range(reports.people))
        expected.update(
            (address(event.person), _WORD[event.action], event.at, event.url)
            for event in reports.events
            if event.reported_at <= reports.now
        )
        expected.update(
            (address(n), "unsubscribed", at, "") for n, at in reports.unsubscribed_at.items()
        )
        return expected

    def expected_statuses(self) -> dict[str, str]:
        furthest: dict[str, str] = {}
        for recipient, kind, *_ in self.expected_events():
            furthest[recipient] = max(furthest.get(recipient, "sent"), kind, key=_RANK.__getitem__)
        return furthest

    def check(self) -> None:
        """Every event is stored once, every status is right, and the stored counts are those of the rows."""
        assert self.stored_events() == self.expected_events()
        assert self.stored_statuses() == self.expected_statuses()
        row = self.mailing_row()
        assert row.counts["status"] == dict(Counter(self.expected_statuses().values()))
        kinds = Counter(kind for _, kind, *_ in self.expected_events().elements())
        assert row.counts["events"] == dict(kinds)
        assert (row.count_differences, row.sync_problem) == ({}, None)

    def close(self) -> None:
        self.session.close()
        self.engine.dispose()

    def _row(self, person: int) -> dict[str, Any]:
        ref = self.host.add_person(address(person))
        return {"mailing_id": self.mailing_id, "person_kind": ref.kind, "person_id": ref.id,
                "address": address(person), "member_hash": bytes.fromhex(member_hash(person)),
                "merge_values": {}}  # fmt: skip


class _OpenVault:
    def open(self, sealed: str, _owner: str) -> str:
        return sealed


def connect_engine(url: str) -> Engine:
    """An engine whose SQLite transactions lock at once, as the README advises."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _plain(link: Any, _record: Any) -> None:
            link.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begin(link: Any) -> None:
            link.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def busy_campaign(people: int, moments: int, seed: int = 3) -> FakeReports:
    """About 2.5 events per person, some within one second, some reported later than they happened."""
    random = Random(seed)
    events = []
    for person in range(people):
        if random.random() < 0.02:
            at = SENT_AT + random.randrange(600)
            events.append(ReportedEvent(person, "bounce", at, "", random.randrange(moments)))
        for _ in range(min(int(random.expovariate(0.36)), 40)):
            moment = random.randrange(moments)
            at = SENT_AT + 3600 + moment * 900 + random.randrange(900)
            url = f"https://a.example/{random.randrange(20)}" if random.random() < 0.25 else ""
            action = "click" if url else "open"
            copies = 2 if random.random() < 0.02 else 1
            reported_at = min(moments - 1, moment + (random.random() < 0.01))
            events += [ReportedEvent(person, action, at, url, reported_at)] * copies
    unsubscribed_at = {n: SENT_AT + 3600 + n for n in range(0, people, 50)}
    return FakeReports(people, events, unsubscribed_at)


Start = Callable[[FakeReports], SyncedMailing]
