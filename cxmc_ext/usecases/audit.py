"""Who did what, when, to which campaign: notes it, shows it, and lets go of what is old."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.queries import accounts, audit
from cxmc_ext.db.queries.audit import Wanted as Wanted
from cxmc_ext.domain.values import Action, PersonKind, PersonRef, User, Why, whys_of
from cxmc_ext.services import Services

PAGE = 100
DENIED_EVERY = 600
"""Seconds in which a person's refusals are one row: nobody can fill the table by knocking."""
PRUNED = 1000
"""Rows of each table that one tick lets go."""
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `outcome` is the state of the operation that carries it out, None where none does."""

    id: int
    at: int
    action: str
    by: str
    campaign: str
    title: str
    subject: str
    person: PersonRef | None
    """Whom of the CRM it is about, unless they were erased since."""
    note: str
    outcome: str | None
    whys: tuple[Why, ...]


def note(
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


def opted_out(
    services: Services,
    account_id: int,
    mailing_id: int | None,
    people: Collection[PersonRef],
    text: str,
) -> None:
    """One row per person who is new in an opt-out group; the caller commits."""
    same = _row(services, account_id, Action.OPT_OUT, User("", "MailChimp"))
    same |= {"mailing_id": mailing_id, "note": text[:300]}
    audit.add(services.session(), [same | {"subject": f"{ref.kind}:{ref.id}"} for ref in people])


def denied(services: Services, actor: User, page: str, status: int) -> None:
    """Somebody asked for what they may not have. Commits."""
    session = services.session()
    account_id = accounts.of_ref(session, services.account_ref).id
    known = audit.was_denied(session, account_id, actor.id, services.clock() - DENIED_EVERY)
    session.rollback()  # a reader that turns writer half-way fails on SQLite when others wrote
    if not known:
        note(services, account_id, Action.DENIED, actor, subject=page, text=str(status))
        session.commit()


def trail(services: Services, wanted: Wanted, before: int | None = None) -> list[Entry]:
    """A page and one line more, newest first."""
    session = services.session()
    account_id = accounts.of_ref(session, services.account_ref).id
    return [_entry(row) for row in audit.page(session, account_id, wanted, before, PAGE + 1)]


def everything(services: Services, wanted: Wanted) -> Iterator[Entry]:
    """Every line, newest first, in bounded memory."""
    before: int | None = None
    while found := trail(services, wanted, before)[:PAGE]:
        yield from found
        before = found[-1].id


def prune(services: Services) -> None:
    """Lets go of presses and remote calls older than CXMC_AUDIT_DAYS, of all accounts, in bounded steps."""
    session = services.session()
    audit.prune(session, services.clock() - services.settings.audit_days * _DAY, PRUNED)
    session.commit()


def _row(services: Services, account_id: int, action: str, actor: User) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "at": services.clock(),
        "action": action,
        "actor_id": actor.id[:64],
        "actor_name": actor.name[:200],
    }


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        action=row.action,
        by=row.actor_name,
        campaign=row.campaign_ref or "",
        title=row.campaign_title or "",
        subject=row.subject,
        person=_person(row.subject) if row.action == Action.OPT_OUT else None,
        note=row.note,
        outcome=row.state,
        whys=whys_of(row.why),
    )


def _person(subject: str) -> PersonRef | None:
    kind, _, name = subject.partition(":")
    return PersonRef(PersonKind(kind), name) if name else None
