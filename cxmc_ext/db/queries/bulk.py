"""Bulk statements of the synchronization, in each database's own dialect.

Python's SQLite driver lets other threads run only inside a statement, and needs up to 5 ms to continue
after one. With one busy thread beside it, `executemany` wrote 1,400 rows per second, and one statement
per batch 100,000 (Python 3.11, 2026-11). So SQLite gets a batch as one JSON text and returns one. PostgreSQL
gets arrays, as texts: psycopg needs three times as long to convert a list of numbers (psycopg 3.3, 2026-11).
Rows that are certainly new are copied, which takes PostgreSQL half of the time of an INSERT that looks for
conflicts (PostgreSQL 15, 2026-11).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Integer, LargeBinary, bindparam, text
from sqlalchemy.orm import Session

from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.statements import insert_rows, is_sqlite

# An event: (recipient_id, kind, at, link_id, occurrence).
EventRow: TypeAlias = tuple[int, int, int, int, int]

# A recipient at one of the addresses of a batch: (index in the batch, id, status, primary_id or None,
# whether the row is mailed). A plain sequence, because naming the fields of 100,000 of them takes a tenth
# of an import's time.
FoundRecipient: TypeAlias = Sequence[Any]


def analyze(session: Session) -> None:
    """Updates PostgreSQL's statistics of recipients, before the first import of a new mailing.

    PostgreSQL assumes that a mailing without statistics has a handful of recipients, and then reads and
    sorts all of them for every page of the recipients (PostgreSQL 15, 2026-11).
    """
    if not is_sqlite(session):
        session.execute(text("ANALYZE cxmc_recipient (mailing_id, member_hash)"))


def find_by_hashes(
    session: Session, mailing_id: int, hashes: Sequence[str]
) -> Sequence[FoundRecipient]:
    """Finds all recipients of a mailing at some addresses, given by member hash (hex)."""
    if not hashes:
        return []
    packed = bytes.fromhex("".join(hashes))
    values = {"mailing": mailing_id, "hashes": packed, "count": len(hashes)}
    if is_sqlite(session):
        rows: list[FoundRecipient] = json.loads(session.execute(_FIND_SQLITE, values).scalar_one())
        return rows
    return session.execute(_FIND_PG, values).all()


def add_events(
    session: Session, mailing_id: int, rows: Sequence[EventRow], *, are_new: bool = False
) -> None:
    """Inserts the events that are not stored yet. The caller adds the notice (`notices.add_events_stored`).

    Args:
        session: The database session.
        mailing_id: The mailing.
        rows: The events.
        are_new: No event of these recipients is stored yet: PostgreSQL needs half of the time for them.
    """
    if not rows:
        return
    # In the order of time, neighbors in the timeline's index are written together: a third faster.
    rows = sorted(rows, key=itemgetter(2))
    if is_sqlite(session):
        _add_events_sqlite(session, mailing_id, rows)
    elif are_new and _can_copy(session):
        lines = [f"{r}\t{k}\t{at}\t{link}\t{n}\t{mailing_id}\n" for r, k, at, link, n in rows]
        _copy(session, _COPY_EVENTS, lines)
    else:
        arrays = dict(zip(_COLUMNS, map(_array, zip(*rows, strict=True)), strict=True))
        session.execute(_EVENTS_PG, {"mailing": mailing_id, **arrays})


def add_sent_events(
    session: Session, mailing_id: int, ids: Collection[int], at: int, *, are_new: bool = False
) -> None:
    """Inserts one “sent” event for each of these recipients; see `add_events`."""
    if not ids:
        return
    values = {"mailing": mailing_id, "at": at}
    if is_sqlite(session):
        session.execute(_SENT_SQLITE, {"ids": json.dumps(list(ids)), **values})
    elif are_new and _can_copy(session):
        _copy(session, _COPY_EVENTS, [f"{id_}\t1\t{at}\t0\t0\t{mailing_id}\n" for id_ in ids])
    else:
        session.execute(_SENT_PG, {"ids": _array(ids), **values})


def raise_statuses(
    session: Session, mailing_id: int, statuses: Mapping[int, int], *, are_new: bool = False
) -> None:
    """Sets the status of recipients, unless they have a further one.

    Args:
        session: The database session.
        mailing_id: Their mailing.
        statuses: {recipient id: status}
        are_new: None of them has a status yet.
    """
    if not statuses:
        return
    if is_sqlite(session):
        values = {"mailing": mailing_id, "statuses": json.dumps(statuses)}
        session.execute(_STATUSES_SQLITE, values)
    elif are_new and _can_copy(session):
        lines = [f"{id_}\t{mailing_id}\t{status}\n" for id_, status in statuses.items()]
        _copy(session, _COPY_STATUSES, lines)
    else:
        arrays = {"ids": _array(statuses), "statuses": _array(statuses.values())}
        session.execute(_STATUSES_PG, {"mailing": mailing_id, **arrays})


def add_calls(
    session: Session,
    account_id: int,
    mailing_id: int | None,
    calls: Sequence[dict[str, Any]],
    step: str = "sync",
) -> None:
    """Inserts rows of the table of remote calls: names, outcomes and times only.

    Args:
        session: The database session.
        account_id: The account.
        mailing_id: The mailing; None for calls on the account.
        calls: What `usecases.shared.remote_calls.timed_call` recorded.
        step: What the calls were made for.
    """
    common = {"account_id": account_id, "mailing_id": mailing_id, "step": step}
    insert_rows(session, RemoteCall, [common | call for call in calls])


_COLUMNS = ("recipient", "kind", "at", "link", "occurrence")

_FIND_SQLITE = text(
    "WITH RECURSIVE batch(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM batch WHERE n + 1 < :count)"
    " SELECT json_group_array(json_array(n, r.id, coalesce("
    "(SELECT status FROM cxmc_recipient_status WHERE recipient_id = r.id), 0),"
    " r.primary_id, r.reason IS NULL))"
    " FROM batch CROSS JOIN cxmc_recipient r"
    " ON r.mailing_id = :mailing AND r.member_hash = substr(:hashes, n * 16 + 1, 16)"
)
# Each address is looked up in the index that begins with it, whatever PostgreSQL knows about the table: see
# `keyed_lookup`.
_FIND_PG = text(
    "SELECT n, r.* FROM (SELECT n, substring(:hashes FROM n * 16 + 1 FOR 16) AS hash"
    " FROM generate_series(0, :count - 1) AS n OFFSET 0) AS batch CROSS JOIN LATERAL"
    " (SELECT id, coalesce("
    "(SELECT status FROM cxmc_recipient_status WHERE recipient_id = cxmc_recipient.id), 0),"
    " primary_id, reason IS NULL FROM cxmc_recipient WHERE member_hash = hash"
    " AND (member_hash, mailing_id) >= (hash, :mailing)"
    " AND (member_hash, mailing_id) <= (hash, :mailing) OFFSET 0) AS r"
).bindparams(bindparam("hashes", type_=LargeBinary), bindparam("count", type_=Integer))


# SQLite gets an event as a JSON pair of 63-bit numbers. Name: recipient (45 bits), occurrence (15), kind (3);
# value: link (24 bits), time plus an offset (39). Unpacking them costs half of what json_extract does
# (SQLite 3.40, 2026-11).
_EVENTS_SQLITE = text(
    "INSERT INTO cxmc_event (recipient_id, kind, at, link_id, occurrence, mailing_id)"
    " SELECT name >> 18, name & 7, (value & 549755813887) - 274877906944, value >> 39,"
    " name >> 3 & 32767, :mailing"
    " FROM (SELECT CAST(key AS INTEGER) AS name, value FROM json_each(:pairs))"
    " WHERE true ON CONFLICT DO NOTHING"
)
_TIME_OFFSET = 1 << 38
# What fits into such a pair, for each column of an EventRow: from, below.
_PACKED_RANGES = (
    (0, 1 << 45),
    (0, 1 << 3),
    (-_TIME_OFFSET, _TIME_OFFSET),
    (0, 1 << 24),
    (0, 1 << 15),
)
_EVENTS_ANY = text(
    "INSERT INTO cxmc_event (recipient_id, kind, at, link_id, occurrence, mailing_id)"
    " VALUES (:recipient, :kind, :at, :link, :occurrence, :mailing) ON CONFLICT DO NOTHING"
)
_EVENTS_PG = text(
    "INSERT INTO cxmc_event (recipient_id, kind, at, link_id, occurrence, mailing_id)"
    " SELECT r, k, a, l, n, :mailing FROM unnest(CAST(:recipient AS bigint[]), CAST(:kind AS smallint[]),"
    " CAST(:at AS bigint[]), CAST(:link AS bigint[]), CAST(:occurrence AS smallint[]))"
    " AS batch(r, k, a, l, n) ON CONFLICT DO NOTHING"
)
_COPY_EVENTS = (
    "COPY cxmc_event (recipient_id, kind, at, link_id, occurrence, mailing_id) FROM STDIN"
)
_COPY_STATUSES = "COPY cxmc_recipient_status (recipient_id, mailing_id, status) FROM STDIN"

_SENT_SQLITE = text(
    "INSERT INTO cxmc_event (recipient_id, kind, at, link_id, occurrence, mailing_id)"
    " SELECT value, 1, :at, 0, 0, :mailing FROM json_each(:ids) WHERE true"
    " ON CONFLICT DO NOTHING"
)
_SENT_PG = text(
    "INSERT INTO cxmc_event (recipient_id, kind, at, link_id, occurrence, mailing_id)"
    " SELECT r, 1, :at, 0, 0, :mailing FROM unnest(CAST(:ids AS bigint[])) AS batch(r)"
    " ON CONFLICT DO NOTHING"
)

_UNLESS_FURTHER = (
    "ON CONFLICT (recipient_id) DO UPDATE SET status = excluded.status"
    " WHERE cxmc_recipient_status.status < excluded.status"
)
_STATUSES_SQLITE, _STATUSES_PG = (
    text(f"{statement} {_UNLESS_FURTHER}")
    for statement in (
        "INSERT INTO cxmc_recipient_status (recipient_id, mailing_id, status)"
        " SELECT CAST(key AS INTEGER), :mailing, value FROM json_each(:statuses) WHERE true",
        "INSERT INTO cxmc_recipient_status (recipient_id, mailing_id, status) SELECT r, :mailing, s"
        " FROM unnest(CAST(:ids AS bigint[]), CAST(:statuses AS smallint[])) AS batch(r, s)",
    )
)


def _can_copy(session: Session) -> bool:
    """Whether the driver is psycopg 3, the one we install. Others copy in ways of their own."""
    return session.get_bind().dialect.driver == "psycopg"


def _copy(session: Session, statement: str, lines: Iterable[str]) -> None:
    """Runs a COPY in the transaction of the session.

    Args:
        session: The database session.
        statement: COPY … FROM STDIN.
        lines: One row each, as PostgreSQL reads them: values with tabs between them, and a line break.
    """
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("".join(lines))


def _array(values: Iterable[int]) -> str:
    """An array as PostgreSQL reads it: {1,2}."""
    return f"{{{','.join(map(str, values))}}}"


def _add_events_sqlite(session: Session, mailing_id: int, rows: Sequence[EventRow]) -> None:
    if not _can_be_packed(rows):
        common = {"mailing": mailing_id}
        values = [common | dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        session.execute(_EVENTS_ANY, values)
        return
    pairs = [
        f'"{recipient << 18 | occurrence << 3 | kind}":{link << 39 | at + _TIME_OFFSET}'
        for recipient, kind, at, link, occurrence in rows
    ]
    session.execute(_EVENTS_SQLITE, {"mailing": mailing_id, "pairs": f"{{{','.join(pairs)}}}"})


def _can_be_packed(rows: Sequence[EventRow]) -> bool:
    columns = zip(*rows, strict=True)
    return all(
        low <= min(column) and max(column) < high
        for column, (low, high) in zip(columns, _PACKED_RANGES, strict=True)
    )
