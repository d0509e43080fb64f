"""What really happened in a journey, read from the CRM's database without any code of the product."""

import re
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

_ADDRESS = re.compile(r"[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
_LEFT = (
    " FROM group_member m JOIN person p ON p.id = m.person_id"
    " JOIN people_group g ON g.id = m.group_id JOIN tag t ON t.id = g.tag_id"
    " WHERE t.name = 'NoMailChimpMailingsTag'"
)


def query(folder: Path, statement: str, *values: object) -> list[Any]:
    with sqlite3.connect(folder / "crm.db", timeout=60) as db:
        return db.execute(statement, values).fetchall()


class Candidate(NamedTuple):
    """A candidate whom a name, typed into a search, and an address identify."""

    id: int
    name: str
    address: str


def candidates(folder: Path, count: int) -> list[Candidate]:
    """Candidates of the recruiter who are nobody's namesakes, share no address and are in no group."""
    rows = query(
        folder,
        "SELECT p.id, trim(p.first_name || ' ' || p.prefix) || ' ' || p.last_name, p.email_key"
        " FROM person p JOIN account a ON a.id = p.owner_id"
        " WHERE a.username = 'recruiter' AND p.kind = 'candidate' AND p.email_key <> ''"
        " AND p.id NOT IN (SELECT person_id FROM group_member) AND 1 ="
        " (SELECT count(*) FROM person o WHERE o.email_key = p.email_key)"
        " AND 1 = (SELECT count(*) FROM person o WHERE o.last_name = p.last_name"
        " AND o.first_name = p.first_name) ORDER BY p.id LIMIT ?",
        count,
    )
    return [Candidate(*row) for row in rows]


def campaign_state(folder: Path, campaign_id: str) -> str:
    """The state of a campaign's mailing; "" before anything was requested."""
    found = query(folder, "SELECT state FROM cxmc_mailing WHERE campaign_ref = ?", campaign_id)
    return str(found[0][0]) if found else ""


def opted_out_person_ids(folder: Path) -> set[int]:
    return {person for (person,) in query(folder, f"SELECT p.id{_LEFT}")}


def last_sync(folder: Path, campaign_id: str) -> int:
    found = query(
        folder, "SELECT last_sync_at FROM cxmc_mailing WHERE campaign_ref = ?", campaign_id
    )
    return found[0][0] or 0


def is_syncing(folder: Path) -> bool:
    """Whether a worker is in the middle of a sync turn, which may settle other campaigns too."""
    return bool(query(folder, "SELECT 1 FROM cxmc_mailing WHERE sync_lease_token <> ''"))


def event_keys(folder: Path) -> set[tuple[int, ...]]:
    """Every stored event by its natural key: recipient, kind, second, link, occurrence."""
    return set(query(folder, "SELECT recipient_id, kind, at, link_id, occurrence FROM cxmc_event"))


def recipients_with_wrong_status(folder: Path) -> list[Any]:
    """Recipients whose status is not the furthest event of their address."""
    return query(
        folder,
        "SELECT r.id, s.status, max(e.kind) FROM cxmc_recipient r"
        " JOIN cxmc_event e ON e.recipient_id = coalesce(r.primary_id, r.id)"
        " LEFT JOIN cxmc_recipient_status s ON s.recipient_id = r.id"
        " GROUP BY r.id, s.status HAVING coalesce(s.status, 0) <> max(e.kind)",
    )


def unsubscribed_person_url(folder: Path) -> str:
    """The page of a person who unsubscribed from a mail."""
    kind, person = query(
        folder,
        "SELECT person_kind, person_id FROM cxmc_recipient r"
        " JOIN cxmc_recipient_status s ON s.recipient_id = r.id WHERE s.status = 5 LIMIT 1",
    )[0]
    return f"/{kind}s/{person}"


def expected_addresses(folder: Path, campaign_id: str) -> tuple[set[str], set[str]]:
    """(addresses that must get one mail, addresses that must get none).

    An address gets none if anybody in the CRM who has it opted out.
    """
    chosen = query(
        folder,
        "SELECT p.email_key FROM campaign_member c JOIN person p ON p.id = c.person_id"
        " WHERE c.campaign_id = ?",
        campaign_id,
    )
    left = query(folder, f"SELECT p.email_key{_LEFT}")
    out = {address for (address,) in left if address}
    addresses = {address for (address,) in chosen}
    good = {address for address in addresses if _ADDRESS.fullmatch(address)}
    return good - out, out & addresses


def count_opt_out_groups(folder: Path) -> tuple[int, int]:
    """How many tags of the opt-out name exist, and how many groups carry it."""
    named = "t.name = 'NoMailChimpMailingsTag'"
    tags = query(folder, f"SELECT count(*) FROM tag t WHERE {named}")
    joined = "people_group g JOIN tag t ON t.id = g.tag_id"
    groups = query(folder, f"SELECT count(*) FROM {joined} WHERE {named}")
    return tags[0][0], groups[0][0]
