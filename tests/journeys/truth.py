"""The truth about a journey, read from the CRM's own database, independently of the product's code."""

import re
import sqlite3
from pathlib import Path
from typing import Any

_ADDRESS = re.compile(r"[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
_LEFT = (
    " FROM group_member m JOIN person p ON p.id = m.person_id"
    " JOIN people_group g ON g.id = m.group_id JOIN tag t ON t.id = g.tag_id"
    " WHERE t.name = 'NoMailChimpMailingsTag'"
)


def rows(folder: Path, statement: str, *values: object) -> list[Any]:
    with sqlite3.connect(folder / "crm.db", timeout=60) as db:
        return db.execute(statement, values).fetchall()


def opted_out(folder: Path) -> set[int]:
    return {person for (person,) in rows(folder, f"SELECT p.id{_LEFT}")}


def last_sync(folder: Path, campaign_id: str) -> int:
    found = rows(
        folder, "SELECT last_sync_at FROM cxmc_mailing WHERE campaign_ref = ?", campaign_id
    )
    return found[0][0] or 0


def events(folder: Path) -> set[tuple[int, ...]]:
    """Every activity that is stored, by its natural key: recipient, kind, second, link, ordinal."""
    return set(rows(folder, "SELECT recipient_id, kind, at, link_id, nth FROM cxmc_event"))


def not_the_highest(folder: Path) -> list[Any]:
    """People whose one status is not the most important of what happened to their address."""
    return rows(
        folder,
        "SELECT r.id, r.status, max(e.kind) FROM cxmc_recipient r"
        " JOIN cxmc_event e ON e.recipient_id = coalesce(r.primary_id, r.id)"
        " GROUP BY r.id, r.status HAVING r.status <> max(e.kind)",
    )


def person_who_left(folder: Path) -> str:
    """The page of somebody who unsubscribed from a mail."""
    kind, person = rows(
        folder, "SELECT person_kind, person_id FROM cxmc_recipient WHERE status = 5 LIMIT 1"
    )[0]
    return f"/{kind}s/{person}"


def reachable(folder: Path, campaign_id: str) -> tuple[set[str], set[str]]:
    """(addresses that must get one mail, addresses that must get none), by the CRM's own tables.

    An address is out when anybody in the CRM who has it opted out.
    """
    chosen = rows(
        folder,
        "SELECT p.email_key FROM campaign_member c JOIN person p ON p.id = c.person_id"
        " WHERE c.campaign_id = ?",
        campaign_id,
    )
    left = rows(folder, f"SELECT p.email_key{_LEFT}")
    out = {address for (address,) in left if address}
    addresses = {address for (address,) in chosen}
    good = {address for address in addresses if _ADDRESS.fullmatch(address)}
    return good - out, out & addresses


def opted_out_groups(folder: Path) -> tuple[int, int]:
    """(tags of that name, groups that carry it)."""
    named = "t.name = 'NoMailChimpMailingsTag'"
    tags = rows(folder, f"SELECT count(*) FROM tag t WHERE {named}")
    joined = "people_group g JOIN tag t ON t.id = g.tag_id"
    groups = rows(folder, f"SELECT count(*) FROM {joined} WHERE {named}")
    return tags[0][0], groups[0][0]
