"""Who did what, when, to which campaign: notes it, shows it, and lets go of what is old."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.queries import accounts, audit
from cxmc_ext.db.queries.audit import AuditFilter as AuditFilter
from cxmc_ext.domain.operations import AuditAction
from cxmc_ext.domain.people import PersonKind, PersonRef, User
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services

PAGE_SIZE = 100
DENIED_INTERVAL = 600
"""Seconds in which a person's refusals are one row: nobody can fill the table by knocking."""
PRUNE_BATCH = 1000
"""Rows of each table that one tick lets go."""
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line. `outcome` is the state of the operation that carries it out, None where none does."""

    id: int
    at: int
    action: str
    actor_name: str
    campaign_ref: str
    campaign_title: str
    subject: str
    person: PersonRef | None
    """Whom of the CRM it is about, unless they were erased since."""
    note: str
    outcome: str | None
    problems: tuple[Problem, ...]


def log(
    services: Services,
    account_id: int,
    action: str,
    actor: User,
    *,
    mailing_id: int | None = None,
    operation_id: int | None = None,
    subject: str = "",
    text: str = "",
) -> None:
    """One row in the transaction of what it tells of; the caller commits."""
    row = _row(services, account_id, action, actor) | {
        "mailing_id": mailing_id,
        "operation_id": operation_id,
        "subject": subject[:80],
        "note": text[:300],
    }
    audit.add(services.session(), [row])


def log_opt_outs(
    services: Services,
    account_id: int,
    mailing_id: int | None,
    people: Collection[PersonRef],
    text: str,
) -> None:
    """One row per person who is new in an opt-out group; the caller commits."""
    same = _row(services, account_id, AuditAction.OPT_OUT, User("", "MailChimp"))
    same |= {"mailing_id": mailing_id, "note": text[:300]}
    audit.add(services.session(), [same | {"subject": f"{ref.kind}:{ref.id}"} for ref in people])


def log_denied(services: Services, actor: User, page: str, status: int) -> None:
    """Somebody asked for what they may not have. Commits."""
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    known = audit.was_denied(session, account_id, actor.id, services.clock() - DENIED_INTERVAL)
    session.rollback()  # a reader that turns writer half-way fails on SQLite when others wrote
    if not known:
        log(services, account_id, AuditAction.DENIED, actor, subject=page, text=str(status))
        session.commit()


def page_of_entries(
    services: Services, wanted: AuditFilter, before: int | None = None
) -> list[AuditEntry]:
    """A page and one line more, newest first."""
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    return [_entry(row) for row in audit.page(session, account_id, wanted, before, PAGE_SIZE + 1)]


def all_entries(services: Services, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """Every line, newest first, in bounded memory."""
    before: int | None = None
    while found := page_of_entries(services, wanted, before)[:PAGE_SIZE]:
        yield from found
        before = found[-1].id


def prune(services: Services) -> None:
    """Lets go of presses and remote calls older than CXMC_AUDIT_DAYS, of all accounts, in bounded steps."""
    session = services.session()
    audit.prune(session, services.clock() - services.settings.audit_days * _DAY, PRUNE_BATCH)
    session.commit()


def _row(services: Services, account_id: int, action: str, actor: User) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "at": services.clock(),
        "action": action,
        "actor_id": actor.id[:64],
        "actor_name": actor.name[:200],
    }


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        action=row.action,
        actor_name=row.actor_name,
        campaign_ref=row.campaign_ref or "",
        campaign_title=row.campaign_title or "",
        subject=row.subject,
        person=_person(row.subject) if row.action == AuditAction.OPT_OUT else None,
        note=row.note,
        outcome=row.state,
        problems=problems_from_json(row.problems),
    )


def _person(subject: str) -> PersonRef | None:
    kind, _, name = subject.partition(":")
    return PersonRef(PersonKind(kind), name) if name else None
