"""A generated campaign: about 2.5 events per recipient, 2 % bounced, 2 % unsubscribed."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

CAMPAIGN = "c0ffee0001"
SENT_AT = 1_790_000_000
PAGE_SIZE = 1000
LINKS = [f"https://cedarstaffing.example/vacature/{n}" for n in range(20)]
# With it a client that does not ask for fields reads about as much as was measured of MailChimp: 77 MB
# for 100,000 people.
_LINKS_FIELD = {"_links": [{"rel": "parent", "href": "https://us1.api.example/3.0/" + "x" * 60}]}
_ACTIONS = ("open", "click", "bounce")


def campaign_ids(count: int) -> list[str]:
    """Return the ids of so many campaigns."""
    return [CAMPAIGN, *(f"{CAMPAIGN}{number}" for number in range(2, count + 1))]


def member_id(address: str) -> str:
    """Return MailChimp's id of a member."""
    return md5(address.encode(), usedforsecurity=False).hexdigest()


def iso(seconds: int) -> str:
    """Format Unix seconds as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@dataclass
class GeneratedReport:
    """The events of one campaign, and every page of them as bytes."""

    people: int
    since: int | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    unsubscribes: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ACTIONS, 0))
    last_event_at: int = SENT_AT

    @classmethod
    def generate(cls, people: int) -> "GeneratedReport":
        """Generate a report. The same number of people gives the same report."""
        dice = random.Random(42)
        report = cls(people)
        for n in range(people):
            address = f"person{n}@firma{n % 977}.example"
            row = {"campaign_id": CAMPAIGN, "list_id": "a1b2c3d4e5", "list_is_active": True,
                   "email_id": member_id(address), "email_address": address, "activity": []}  # fmt: skip
            report.rows.append(row)
            if dice.random() < 0.02:
                report.add_event(row, "bounce", SENT_AT + dice.randrange(600))
            for _ in range(min(int(dice.expovariate(0.36)), 40)):
                action = "click" if dice.random() < 0.25 else "open"
                report.add_event(row, action, SENT_AT + dice.randrange(60, 86_400), dice)
            if dice.random() < 0.02:
                report.add_unsubscribe(row, SENT_AT + dice.randrange(86_400))
        return report

    def add_new_events(self) -> None:
        """Add one percent new events, later than all others."""
        dice = random.Random(self.last_event_at)
        start = self.last_event_at
        for _ in range(max(1, self.totals["open"] // 80)):
            row = dice.choice(self.rows)
            action = "click" if dice.random() < 0.25 else "open"
            self.add_event(row, action, start + 1 + dice.randrange(3600), dice)
        self.since = start

    def add_event(
        self, row: dict[str, Any], action: str, at: int, dice: random.Random | None = None
    ) -> None:
        """Add an event to the row of a recipient.

        Args:
            row: The row.
            action: open, click or bounce.
            at: Unix seconds.
            dice: Chooses the link of a click.
        """
        event: dict[str, Any] = {"action": action, "timestamp": iso(at), "ip": "83.85.12.7"}
        if action == "click" and dice:
            event["url"] = dice.choice(LINKS)
        if action == "bounce":
            event["type"] = "hard"
        event["at"] = at
        row["activity"].append(event)
        self.totals[action] += 1
        if action != "bounce":
            self.last_event_at = max(self.last_event_at, at)

    def add_unsubscribe(self, row: dict[str, Any], at: int) -> None:
        """Add an unsubscribe of a recipient."""
        person = {"email_id": row["email_id"], "email_address": row["email_address"]}
        self.unsubscribes.append(person | {"timestamp": iso(at), "reason": "None given"})

    def summary(self) -> dict[str, Any]:
        """Return the totals, as in `GET /reports`."""
        totals = self.totals
        return {
            "id": CAMPAIGN,
            "emails_sent": self.people,
            "send_time": iso(SENT_AT),
            "abuse_reports": 0,
            "unsubscribed": len(self.unsubscribes),
            "bounces": {"hard_bounces": totals["bounce"], "soft_bounces": 0, "syntax_errors": 0},
            "opens": {"opens_total": totals["open"], "last_open": iso(self.last_event_at)},
            "clicks": {"clicks_total": totals["click"], "last_click": iso(self.last_event_at)},
        }

    def pages(self, narrow: bool, after: int | None) -> list[bytes]:
        """Return the pages of email-activity.

        Args:
            narrow: Whether the client asked for `fields`.
            after: Only events after this time.
        """
        return [
            dump(
                {
                    "emails": [
                        _activity_row(row, narrow, after)
                        for row in self.rows[start : start + PAGE_SIZE]
                    ],
                    "total_items": self.people,
                }
            )
            for start in range(0, self.people, PAGE_SIZE)
        ]

    def delivered(self) -> list[bytes]:
        """Return the pages of sent-to: everybody who was mailed."""
        recipients = [
            {"email_id": row["email_id"], "email_address": row["email_address"], "status": "sent"}
            for row in self.rows
        ]
        return [
            dump({"sent_to": [row | _LINKS_FIELD for row in recipients[start : start + PAGE_SIZE]]})
            for start in range(0, self.people, PAGE_SIZE)
        ]


def _activity_row(row: dict[str, Any], narrow: bool, after: int | None) -> dict[str, Any]:
    events = [
        {name: value for name, value in event.items() if name != "at"}
        for event in row["activity"]
        if after is None or event["at"] > after
    ]
    if narrow:
        person = {"email_id": row["email_id"], "email_address": row["email_address"]}
        return person | {"activity": events}
    return row | {"activity": events} | _LINKS_FIELD


def dump(value: Any) -> bytes:
    """Encode JSON."""
    return json.dumps(value, separators=(",", ":")).encode()
