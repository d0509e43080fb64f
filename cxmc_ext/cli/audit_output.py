"""The output of `flask cxmc audit`: one line per entry, as text or as JSON."""

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
    """Returns the entries of one account, newest first.

    Args:
        services: The services of the account.
        since: Only entries from this time on; naive times are UTC. None for all entries.
        as_json: Whether each line is a JSON object.
    """
    first = _epoch(since) if since else 0
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
    campaign = entry.campaign_title or entry.campaign_ref
    texts = [message_for(problem).text for problem in entry.problems]
    about = ", ".join(part for part in (campaign, entry.subject, entry.note, *texts) if part)
    actor = entry.actor_name or "-"
    return f"{_iso(entry.at)} {entry.action:12} {entry.outcome or '-':10} {actor}: {about or '-'}"


def _epoch(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
