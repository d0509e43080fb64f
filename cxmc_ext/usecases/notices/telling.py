"""Tells notices after their commit, at least once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.queries import notices
from cxmc_ext.domain.notices import Notice, NoticeKind
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.services import Services
from cxmc_ext.usecases.notices.notifying import notify

# Seconds after which notices that were not told by who claimed them are told by somebody else.
LEASE = 60
_LIMIT = 200


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A claimed notice, and what is stored with it."""

    notice: Notice
    mailing_id: int | None
    events_since: int | None


def tell_notices(services: Services) -> None:
    """Tells what waits: workers after each job, and the tick for workers that were killed. Commits.

    Each notice is noted as told after its listeners ran. If the process is killed in between, it is told
    again, as a repeat.
    """
    session = services.session()
    rows = notices.claim(session, LEASE, _LIMIT)
    if not rows:
        session.rollback()  # on SQLite a transaction that has read cannot write once others have written
        return
    waiting = _merged(services, rows)
    for one in waiting:
        if one.events_since is not None:
            notices.publish(session, one.notice.id)
    session.commit()
    for one in waiting:
        services.tell(one.notice)
        session.rollback()  # a listener may have left its transaction open
        notify(services, one.notice, one.mailing_id)
        notices.mark_delivered(session, one.notice.id, one.mailing_id, one.events_since)
        session.commit()


def _merged(services: Services, rows: Sequence[Row[Any]]) -> Iterable[_Waiting]:
    """One notice for all batches of events of a mailing."""
    waiting = [_Waiting(_notice(row), row.mailing_id, row.events_since) for row in rows]
    batches: dict[int, list[_Waiting]] = defaultdict(list)
    for one in waiting:
        if one.notice.kind is NoticeKind.EVENTS_STORED and one.mailing_id is not None:
            batches[one.mailing_id].append(one)
    merged = {one.notice.id: one for one in waiting}
    for same in batches.values():
        first, *others = same
        since = min(one.events_since or 0 for one in same)
        is_repeat = any(one.notice.is_repeat for one in same)
        notice = replace(first.notice, is_repeat=is_repeat)
        merged[notice.id] = replace(first, notice=notice, events_since=since)
        if others:
            ids = [one.notice.id for one in others]
            notices.merge_events(services.session(), notice.id, ids, since)
            merged = {id_: one for id_, one in merged.items() if id_ not in ids}
    return merged.values()


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        kind=NoticeKind(row.kind),
        id=row.id,
        at=row.at,
        account_ref=row.account_ref,
        campaign_ref=row.campaign_ref,
        people=tuple(PersonRef(PersonKind(kind), id_) for kind, id_ in row.people or ()),
        operation_id=row.operation_id,
        user_id=row.user_id,
        is_repeat=row.attempts > 1,
    )
