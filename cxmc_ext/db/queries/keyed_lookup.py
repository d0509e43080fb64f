"""Finding recipients by many keys or in pages through an index, whatever the database knows about its tables.

PostgreSQL chooses plans by statistics. Without any, with old ones, or for a mailing that is newer than
they are, it assumes that a mailing has one row, and reads all rows of it for every address of a batch: the
freeze of 30,000 people took minutes (PostgreSQL 15, 2026-11). The conditions here fit one index only, so
there is nothing to choose:

- Each key is looked up by itself: `OFFSET 0` keeps the planner from joining in another way.
- A mailing is compared as the second part of a row, which fits no index that begins with the mailing.
- Rows are fetched by the members of an array, whose number the planner does not know.
- A page of a mailing is a range of ids. For “the next 500 above an id” PostgreSQL may read and sort all that
  follow, for every page: if statistics were taken while people were stored, it takes higher ids for rare.
  Only the first id is looked up in that way, because for one row the order of an index is always best.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    TableValuedAlias,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.types import TypeEngine

from cxmc_ext.db.base import ID
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.statements import is_sqlite
from cxmc_ext.domain.people import PersonKind, PersonRef

# Bytes of a member hash, and of the digest that takes its place after an erasure.
_HASH_LENGTH = 16


def has_id(session: Session, ids: Collection[int]) -> ColumnElement[bool]:
    """The condition that a recipient is one of at most 1,000, by id."""
    if is_sqlite(session):
        return Recipient.id.in_(_keys_sqlite(ids))
    return _is_among(select(_batch(ids, ID).c.value))


def has_hash(session: Session, mailing_id: int, hashes: Collection[bytes]) -> ColumnElement[bool]:
    """The condition that a recipient of a mailing has one of at most 1,000 addresses, by member hash."""
    return has_hash_between(session, mailing_id, mailing_id, hashes)


def has_hash_between(
    session: Session, first_id: int, last_id: int, hashes: Collection[bytes]
) -> ColumnElement[bool]:
    """The same for the mailings with an id from `first_id` to `last_id`."""
    row = aliased(Recipient)
    if is_sqlite(session):
        # As a subquery, so that no other condition makes SQLite read the whole mailing for each batch.
        is_within: ColumnElement[bool] = row.mailing_id.between(first_id, last_id)
        if first_id == last_id:
            is_within = row.mailing_id == first_id
        is_wanted = row.member_hash.in_(_hashes_sqlite(hashes))
        return Recipient.id.in_(select(row.id).where(is_wanted, is_within))
    batch = _batch(hashes, LargeBinary())
    key = tuple_(row.member_hash, row.mailing_id)
    first, last = (tuple_(batch.c.value, mailing_id) for mailing_id in (first_id, last_id))
    found = select(row.id).where(row.member_hash == batch.c.value, key >= first, key <= last)
    return _is_among(_each(batch, found))


def has_hash_anywhere(session: Session, hashes: Collection[bytes]) -> ColumnElement[bool]:
    """The condition that a recipient of any mailing has one of at most 1,000 addresses."""
    if is_sqlite(session):
        return Recipient.member_hash.in_(_hashes_sqlite(hashes))
    row, batch = aliased(Recipient), _batch(hashes, LargeBinary())
    return _is_among(_each(batch, select(row.id).where(row.member_hash == batch.c.value)))


def is_one_of(
    session: Session, column: InstrumentedAttribute[bytes], hashes: Collection[bytes]
) -> ColumnElement[bool]:
    """The condition that a column has one of at most 1,000 member hashes, which are one parameter."""
    if is_sqlite(session):
        return column.in_(_hashes_sqlite(hashes))
    return column == func.any(_array(hashes, LargeBinary()))


def next_id(session: Session, mailing_id: int, after: int) -> int | None:
    """The lowest id of a mailing's recipients above another one; None if there is none.

    SQLite compares only the first column of a row with its index (SQLite 3.40, 2026-11).
    """
    if is_sqlite(session):
        is_next = and_(Recipient.mailing_id == mailing_id, Recipient.id > after)
    else:
        place = tuple_(Recipient.mailing_id, Recipient.id)
        is_next = and_(place > tuple_(mailing_id, after), place < tuple_(mailing_id + 1, 0))
    found = select(Recipient.id).where(is_next).order_by(Recipient.mailing_id, Recipient.id)
    return session.execute(found.limit(1)).scalar_one_or_none()


def is_between(session: Session, mailing_id: int, first: int, last: int) -> ColumnElement[bool]:
    """The condition that a recipient of a mailing has an id from `first` to `last`, at most 1,000."""
    is_within: ColumnElement[bool] = Recipient.id.between(first, last)
    if not is_sqlite(session):
        is_within = _is_among(select(func.generate_series(first, last)))
    return and_(is_within, Recipient.mailing_id + 0 == mailing_id)


def is_of_account(account_id: int) -> ColumnElement[bool]:
    """The condition that a mailing belongs to an account, where recipients were chosen before.

    An expression fits no index. With a plain comparison SQLite begins with all mailings of the account,
    and looks for every address in each of them, or reads all of their events (SQLite 3.40, 2026-11).
    """
    return Mailing.account_id + 0 == account_id


def is_person(
    session: Session, mailing_id: int, refs: Collection[PersonRef]
) -> ColumnElement[bool]:
    """The condition that a recipient of a mailing is one of at most 1,000 people."""
    ids_by_kind: dict[PersonKind, list[str]] = {}
    for ref in refs:
        ids_by_kind.setdefault(ref.kind, []).append(ref.id)
    one_of_kind = _one_of_kind_sqlite if is_sqlite(session) else _one_of_kind_pg
    return or_(false(), *(one_of_kind(mailing_id, *item) for item in ids_by_kind.items()))


def _keys_sqlite(keys: Collection[int] | Collection[str]) -> Select[Any]:
    """One parameter instead of one per key: SQLAlchemy takes longer for those than SQLite for the rows."""
    batch = func.json_each(bindparam(None, json.dumps(list(keys)), unique=True)).table_valued(
        "value"
    )
    return select(batch.c.value)


def _hashes_sqlite(hashes: Collection[bytes]) -> Select[bytes]:
    """The same for member hashes: JSON cannot hold bytes, so they are cut from one value by their places."""
    whole = [key for key in hashes if len(key) == _HASH_LENGTH]
    packed = bindparam(None, b"".join(whole), type_=LargeBinary(), unique=True)
    starts = json.dumps(list(range(1, len(whole) * _HASH_LENGTH, _HASH_LENGTH)))
    batch = func.json_each(bindparam(None, starts, unique=True)).table_valued("value")
    return select(func.substr(packed, batch.c.value, _HASH_LENGTH, type_=LargeBinary()))


def _one_of_kind_sqlite(
    mailing_id: int, kind: PersonKind, ids: Sequence[str]
) -> ColumnElement[bool]:
    is_wanted = and_(Recipient.person_kind == kind, Recipient.person_id.in_(_keys_sqlite(ids)))
    return and_(Recipient.mailing_id == mailing_id, is_wanted)


def _one_of_kind_pg(mailing_id: int, kind: PersonKind, ids: Sequence[str]) -> ColumnElement[bool]:
    row, batch = aliased(Recipient), _batch(ids, String())
    found = select(row.id).where(row.person_kind == kind, row.person_id == batch.c.value)
    # An expression fits no index.
    return _is_among(_each(batch, found.where(row.mailing_id + 0 == mailing_id)))


def _batch(values: Collection[Any], type_: TypeEngine[Any]) -> TableValuedAlias:
    return func.unnest(_array(values, type_)).table_valued("value").render_derived()


def _array(values: Collection[Any], type_: TypeEngine[Any]) -> BindParameter[Any]:
    return bindparam(None, list(values), type_=ARRAY(type_), unique=True)


def _each(batch: TableValuedAlias, found: Select[int]) -> Select[int]:
    rows = found.offset(0).lateral()
    return select(rows.c.id).select_from(batch.join(rows, true()))


def _is_among(ids: Select[int]) -> ColumnElement[bool]:
    return Recipient.id == func.any(func.array(ids.scalar_subquery()))
