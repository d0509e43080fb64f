"""What flask cxmc audit prints: one line per press, or one JSON object per line."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from cxmc_ext.domain.words import words_of
from cxmc_ext.services import Services
from cxmc_ext.usecases import audit
from cxmc_ext.usecases.audit import Entry, Wanted


def lines(services: Services, since: datetime | None, *, as_json: bool) -> Iterator[str]:
    """Newest first.

    :param since: a naive time is UTC; None: everything that is kept.
    """
    first = int((since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()) if since else 0
    for entry in audit.everything(services, Wanted(since=first)):
        yield json.dumps(_object(entry), sort_keys=True) if as_json else _line(entry)


def _object(entry: Entry) -> dict[str, object]:
    whys = [why.code for why in entry.whys]
    return asdict(entry) | {"at": _iso(entry.at), "whys": whys}


def _line(entry: Entry) -> str:
    said = [words_of(why).sentence for why in entry.whys]
    about = (entry.title or entry.campaign, entry.subject, entry.note, *said)
    told = ", ".join(part for part in about if part)
    who = entry.by or "-"
    return f"{_iso(entry.at)} {entry.action:12} {entry.outcome or '-':10} {who}: {told or '-'}"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
