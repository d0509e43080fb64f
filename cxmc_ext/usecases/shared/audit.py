"""The audit: who did what, when, to which campaign. Writes, reads and prunes it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.queries import accounts, audit
from cxmc_ext.db.queries.audit import AuditFilter as AuditFilter
from cxmc_ext.domain.audit_actions import PERSON_ACTIONS, AuditAction
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.domain.people import PersonKind, PersonRef, User
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services

PAGE_SIZE = 100
# Entries whose subject is a person.
_ABOUT_PEOPLE = {*PERSON_ACTIONS, OperationKind.INVITATION}
# Seconds in which the denied requests of a user are one entry, so that nobody can flood the table.
DENIED_INTERVAL = 600
# Rows that one tick deletes from each table.
PRUNE_BATCH = 1000
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the audit.

    Attributes:
        action: An `AuditAction` or an `OperationKind`.
        subject: What it concerns besides the campaign, as stored.
        person: The person of the CRM it concerns, unless they were erased since.
        outcome: State of the operation that carries it out; None if no operation does.
        problems: Why that operation ended as it did.
    """

    id: int
    at: int
    action: str
    actor_name: str
    campaign_ref: str
    campaign_title: str
    subject: str
    person: PersonRef | None
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
    """Adds an entry to the transaction of what it records. The caller commits.

    Args:
        services: The services of the account.
        account_id: The account.
        action: An `AuditAction` or an `OperationKind`.
        actor: Who did it.
        mailing_id: The mailing it concerns.
        operation_id: The operation that carries it out.
        subject: What else it concerns; cut to 80 characters.
        text: A note; cut to 300 characters.
    """
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
    """Adds an entry for each person who was put into an opt-out group. The caller commits."""
    _log_people(services, account_id, AuditAction.OPT_OUT, mailing_id, people, text)


def log_opt_ins(
    services: Services, account_id: int, people: Collection[PersonRef], text: str
) -> None:
    """Adds an entry for each person who left an opt-out group. The caller commits."""
    _log_people(services, account_id, AuditAction.OPT_IN, None, people, text)


def log_failed_address(
    services: Services,
    account_id: int,
    mailing_id: int | None,
    people: Collection[PersonRef],
    text: str,
) -> None:
    """Adds an entry for each person whose address does not work. The caller commits."""
    _log_people(services, account_id, AuditAction.ADDRESS_FAILED, mailing_id, people, text)


def _log_people(
    services: Services,
    account_id: int,
    action: AuditAction,
    mailing_id: int | None,
    people: Collection[PersonRef],
    text: str,
) -> None:
    common = _row(services, account_id, action, User("", "MailChimp"))
    common |= {"mailing_id": mailing_id, "note": text[:300]}
    rows = [common | {"subject": str(person)} for person in people]
    audit.add(services.session(), rows)


def log_denied(services: Services, actor: User, page: str, status: int) -> None:
    """Adds an entry for a request without the necessary right, at most one per interval. Commits.

    Args:
        services: The services of the account.
        actor: Who asked.
        page: The path below `CXMC_URL_PREFIX`, with its placeholders. It is shown in every language.
        status: HTTP status of the answer.
    """
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    since = services.clock() - DENIED_INTERVAL
    is_logged = audit.was_denied(session, account_id, actor.id, since)
    session.rollback()  # on SQLite a transaction that has read cannot write once others have written
    if not is_logged:
        log(services, account_id, AuditAction.DENIED, actor, subject=page, text=str(status))
        session.commit()


def page_of_entries(
    services: Services, wanted: AuditFilter, before: int | None = None
) -> list[AuditEntry]:
    """Reads a page of entries, newest first.

    Args:
        services: The services of the account.
        wanted: Which entries to read.
        before: Only entries with a lower id: that of the last entry of the previous page.

    Returns:
        Up to `PAGE_SIZE` entries, and one more if there is a next page.
    """
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    rows = audit.page(session, account_id, wanted, before, PAGE_SIZE + 1)
    return [_entry(row) for row in rows]


def all_entries(services: Services, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """Reads all entries, newest first, one page at a time."""
    before: int | None = None
    while page := page_of_entries(services, wanted, before)[:PAGE_SIZE]:
        yield from page
        before = page[-1].id


def prune(services: Services) -> None:
    """Deletes entries and remote calls of all accounts that are older than CXMC_AUDIT_DAYS. Commits.

    Each tick deletes a limited number, so that it stays short.
    """
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
        person=_person(row.subject) if row.action in _ABOUT_PEOPLE else None,
        note=row.note,
        outcome=row.state,
        problems=problems_from_json(row.problems),
    )


def _person(subject: str) -> PersonRef | None:
    kind, _, person_id = subject.partition(":")
    return PersonRef(PersonKind(kind), person_id) if person_id else None
