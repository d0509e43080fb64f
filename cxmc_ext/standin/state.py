"""The one mutable object of the stand-in: accounts, clock, journal, faults, behind one lock."""

import hashlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cxmc_ext.standin import persistence, seed_data
from cxmc_ext.standin.clock import Clock
from cxmc_ext.standin.faults.plan import FaultPlan
from cxmc_ext.standin.models import (
    Account,
    Audience,
    Campaign,
    Delivery,
    Dispatch,
    Json,
    Key,
    Switches,
    Template,
)
from cxmc_ext.standin.service.outbox import Outbox
from cxmc_ext.standin.service.request_counter import RequestCounter
from cxmc_ext.standin.service.webhooks import WebhookQueue


@dataclass(slots=True)
class Snapshot:
    """What the data file holds."""

    salt: str = ""
    counter: int = 0
    clock_offset: float = 0.0
    accounts: dict[str, Account] = field(default_factory=dict)
    dispatches: list[Dispatch] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    switches: Json = field(default_factory=dict)


class State:
    """Hold `lock` while reading or changing anything in it; call `touch` after a change."""

    def __init__(self, data: Path | None = None, **switches: Any) -> None:
        self.lock = threading.RLock()
        self.data = data
        self.faults = FaultPlan()
        self.webhooks = WebhookQueue()
        self.requests = RequestCounter()
        self._options = switches
        self._dirty = threading.Event()
        self._fill()
        if data and data.exists():
            self._load(data)

    def reset(self) -> None:
        """Back to the cast: no campaigns, no journal, no faults, no counts, the machine's clock."""
        with self.lock:
            self._fill()
        self.faults.clear()
        self.requests.clear()
        self.mark_changed()

    def advance(self, seconds: float) -> None:
        """Let the stand-in's time pass; what became due happens at the next look."""
        with self.lock:
            self.clock.advance(seconds)
        self.mark_changed()

    def mark_changed(self) -> None:
        self._dirty.set()

    def save(self) -> None:
        """Write the data file if something changed since the last time."""
        if not self.data or not self._dirty.is_set():
            return
        self._dirty.clear()
        with self.lock:
            text = persistence.to_json(self._snapshot())
        persistence.write_file(self.data, text)

    def new_number(self) -> int:
        """A fresh integer, never used before in this state."""
        self._counter += 1
        return self._counter

    def new_id(self) -> str:
        """A fresh 10-digit id; other ids than any earlier process gave out."""
        text = f"{self._salt}{self.new_number()}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:10]

    def audiences(self) -> Iterator[tuple[Account, Audience]]:
        return ((owner, each) for owner in self.accounts.values() for each in owner.lists.values())

    def campaigns(self) -> Iterator[tuple[Account, Campaign]]:
        return (
            (owner, each) for owner in self.accounts.values() for each in owner.campaigns.values()
        )

    def templates(self) -> Iterator[tuple[Account, Template]]:
        return (
            (owner, each) for owner in self.accounts.values() for each in owner.templates.values()
        )

    def find_campaign(self, campaign_id: str) -> tuple[Account, Campaign] | None:
        owners = (each for each in self.accounts.values() if campaign_id in each.campaigns)
        owner = next(owners, None)
        return (owner, owner.campaigns[campaign_id]) if owner else None

    def _fill(self) -> None:
        self.clock = Clock()
        self.switches = Switches(**self._options)
        self.webhooks.clear()
        self.outbox = Outbox()
        self.keys: dict[str, Key] = {each.key: replace(each) for each in seed_data.KEYS}
        self.resubscribed: list[str] = []
        self.due: dict[str, float] = {}
        self._salt = secrets.token_hex(4)
        self._counter = seed_data.FIRST_NEW_NUMBER
        self.accounts = {each.id: each for each in seed_data.initial_accounts(self.clock.now())}

    def _load(self, path: Path) -> None:
        kept = persistence.from_json(Snapshot, persistence.read_file(path))
        self._salt, self._counter = kept.salt, kept.counter
        self.clock.offset = kept.clock_offset
        self.accounts = kept.accounts
        self.outbox = Outbox(kept.dispatches, kept.deliveries)
        self.switches = persistence.from_json(Switches, kept.switches | self._options)
        waiting = (each for _, each in self.campaigns() if each.status in ("schedule", "sending"))
        self.due = {each.id: each.finish_at or each.send_time for each in waiting}

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            self._salt,
            self._counter,
            self.clock.offset,
            self.accounts,
            self.outbox.dispatches,
            self.outbox.deliveries,
            {name: getattr(self.switches, name) for name in Switches.__slots__},
        )
