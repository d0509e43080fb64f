"""The stand-in's only mutable object: accounts, clock, outbox and faults, behind one lock."""

import copy
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
    Template,
)
from cxmc_ext.standin.service.outbox import Outbox
from cxmc_ext.standin.service.request_counter import RequestCounter
from cxmc_ext.standin.service.webhooks import WebhookQueue
from cxmc_ext.standin.switches import Switches

_CHECKPOINT_ATTRIBUTES = ("accounts", "outbox", "keys", "due", "switches", "_counter", "_salt")


@dataclass(slots=True)
class Snapshot:
    """The content of the data file."""

    salt: str = ""
    counter: int = 0
    clock_offset: float = 0.0
    accounts: dict[str, Account] = field(default_factory=dict)
    dispatches: list[Dispatch] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    switches: Json = field(default_factory=dict)
    tokens: list[Key] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A copy of the state at one moment, for tests that return to it."""

    now: int
    values: dict[str, Any]


class State:
    """Everything the stand-in knows. Hold `lock` while reading or changing it; then `mark_changed`.

    Args:
        data_file: Where the state is kept across restarts; None keeps it in memory only.
        **switches: Initial values of `Switches`.
    """

    def __init__(self, data_file: Path | None = None, **switches: Any) -> None:
        self.lock = threading.RLock()
        self.data_file = data_file
        self.faults = FaultPlan()
        self.webhooks = WebhookQueue()
        self.requests = RequestCounter()
        self._options = switches
        self._changed = threading.Event()
        self._set_initial_values()
        if data_file and data_file.exists():
            self._load(data_file)

    def reset(self) -> None:
        """Returns to the initial accounts, without campaigns, mails, faults, counts or clock offset."""
        with self.lock:
            self._set_initial_values()
        self.faults.clear()
        self.requests.clear()
        self.mark_changed()

    def advance(self, seconds: float) -> None:
        """Lets time pass. What becomes due happens when `sending.run_due` is called next."""
        with self.lock:
            self.clock.advance(seconds)
        self.mark_changed()

    def mark_changed(self) -> None:
        self._changed.set()

    def checkpoint(self) -> Checkpoint:
        with self.lock:
            values = {name: getattr(self, name) for name in _CHECKPOINT_ATTRIBUTES}
            return Checkpoint(self.clock.now(), copy.deepcopy(values))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Returns to a checkpoint, without the faults and counts since.

        The clock is set back as well, so that a scheduled campaign is as far away as it was.
        """
        self.reset()
        with self.lock:
            for name, value in copy.deepcopy(checkpoint.values).items():
                setattr(self, name, value)
            self.clock.offset += checkpoint.now - self.clock.now()

    def save(self) -> None:
        """Writes the data file if something changed since the last time."""
        if not self.data_file or not self._changed.is_set():
            return
        self._changed.clear()
        with self.lock:
            text = persistence.to_json(self._snapshot())
        persistence.write_file(self.data_file, text)

    def new_number(self) -> int:
        """An integer that was never returned before."""
        self._counter += 1
        return self._counter

    def new_id(self) -> str:
        """An id of 10 hexadecimal digits, different from those of any other run."""
        text = f"{self._salt}{self.new_number()}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:10]

    def audiences(self) -> Iterator[tuple[Account, Audience]]:
        return (
            (account, audience)
            for account in self.accounts.values()
            for audience in account.lists.values()
        )

    def campaigns(self) -> Iterator[tuple[Account, Campaign]]:
        return (
            (account, campaign)
            for account in self.accounts.values()
            for campaign in account.campaigns.values()
        )

    def templates(self) -> Iterator[tuple[Account, Template]]:
        return (
            (account, template)
            for account in self.accounts.values()
            for template in account.templates.values()
        )

    def find_campaign(self, campaign_id: str) -> tuple[Account, Campaign] | None:
        for account in self.accounts.values():
            if campaign_id in account.campaigns:
                return account, account.campaigns[campaign_id]
        return None

    def _set_initial_values(self) -> None:
        self.clock = Clock()
        self.switches = Switches(**self._options)
        self.webhooks.clear()
        self.outbox = Outbox()
        self.keys: dict[str, Key] = {key.key: replace(key) for key in seed_data.KEYS}
        # Consents of “Log in with MailChimp” by their code, and the data center its metadata names.
        self.login_codes: dict[str, Any] = {}
        self.login_datacenter = "us21"
        # Addresses whose status the API raised to subscribed or pending: a client must never do that.
        self.resubscribed: list[str] = []
        # Campaign id to the time when it is sent, or when sending it is finished.
        self.due: dict[str, float] = {}
        self._salt = secrets.token_hex(4)
        self._counter = seed_data.FIRST_NEW_NUMBER
        accounts = seed_data.initial_accounts(self.clock.now())
        self.accounts = {account.id: account for account in accounts}

    def _load(self, path: Path) -> None:
        snapshot = persistence.from_json(Snapshot, persistence.read_file(path))
        self._salt, self._counter = snapshot.salt, snapshot.counter
        self.clock.offset = snapshot.clock_offset
        self.accounts = snapshot.accounts
        self.keys |= {token.key: token for token in snapshot.tokens}
        self.outbox = Outbox(snapshot.dispatches, snapshot.deliveries)
        self.switches = persistence.from_json(Switches, snapshot.switches | self._options)
        self.due = {
            campaign.id: campaign.finish_at or campaign.send_time
            for _, campaign in self.campaigns()
            if campaign.status in ("schedule", "sending", "canceling")
        }

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            self._salt,
            self._counter,
            self.clock.offset,
            self.accounts,
            self.outbox.dispatches,
            self.outbox.deliveries,
            {name: getattr(self.switches, name) for name in Switches.__slots__},
            [key for key in self.keys.values() if key.is_token],
        )
