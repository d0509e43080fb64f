"""What flask cxmc audit prints: one line per press, or one JSON object per line."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from cxmc_ext.db.queries.audit import AuditFilter
from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.audit import AuditEntry


def audit_lines(services: Services, since: datetime | None, *, as_json: bool) -> Iterator[str]:
    """Newest first.

    :param since: a naive time is UTC; None: everything that is kept.
    """
    first = int((since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()) if since else 0
    for entry in audit.all_entries(services, AuditFilter(since=first)):
        yield json.dumps(_object(entry), sort_keys=True) if as_json else _line(entry)


def _object(entry: AuditEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": _iso(entry.at),
        "action": entry.action,
        "by": entry.actor_name,
        "campaign": entry.campaign_ref,
        "title": entry.campaign_title,
        "subject": entry.subject,
        "person": asdict(entry.person) if entry.person else None,
        "note": entry.note,
        "outcome": entry.outcome,
        "problems": [problem.code for problem in entry.problems],
    }


def _line(entry: AuditEntry) -> str:
    said = [message_for(why).text for why in entry.problems]
    about = (entry.campaign_title or entry.campaign_ref, entry.subject, entry.note, *said)
    told = ", ".join(part for part in about if part)
    who = entry.actor_name or "-"
    return f"{_iso(entry.at)} {entry.action:12} {entry.outcome or '-':10} {who}: {told or '-'}"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
