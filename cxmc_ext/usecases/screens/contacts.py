"""The page of the contacts that cost money but are not mailed."""

from dataclasses import dataclass

from cxmc_ext.db.queries import contacts, operations
from cxmc_ext.db.queries import tab as tab_queries
from cxmc_ext.domain.contacts import UNUSED_AFTER
from cxmc_ext.domain.operation_payloads import ContactsPayload
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import account_scope
from cxmc_ext.usecases.screens.progress import OperationStatus, operation_status

# How many of the unused contacts are shown.
SHOWN = 50
# Counting stops here; beyond it the page says “more than”.
MAX_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class UnusedContactRow:
    """A contact that no mailing has addressed for a year."""

    name: str
    address: str
    last_used_at: int


@dataclass(frozen=True, slots=True)
class ContactsScreen:
    """The use of the plan, and the contacts that can be archived."""

    is_connected: bool = False
    used: int | None = None
    """None: not read yet."""
    limit: int = 0
    """0: unknown."""
    unused_count: int = 0
    is_partial: bool = False
    """There are more than `unused_count`."""
    unused: tuple[UnusedContactRow, ...] = ()
    operation: OperationStatus | None = None
    """The last archiving."""
    archived: int = 0
    """How many it has archived."""


def build_contacts(services: Services) -> ContactsScreen:
    """Builds the page. Reads our own rows, never MailChimp."""
    session = services.session()
    account = tab_queries.account_rows(session, services.account_ref).account
    if account is None or not account.sealed_key:
        return ContactsScreen()
    operation = operations.get_latest(session, account_scope(account.id, OperationKind.ARCHIVING))
    payload = ContactsPayload.from_json(operation.payload or {}) if operation else None
    status = operation_status(services, operation) if operation else None
    is_archiving = status is not None and status.active
    before = services.clock() - UNUSED_AFTER
    count = 0
    if not is_archiving:
        count = contacts.count_unused(session, account.id, account.list_id, before, MAX_COUNTED + 1)
    return ContactsScreen(
        is_connected=True,
        used=account.contacts_used if account.contacts_read_at else None,
        limit=account.contact_limit,
        unused_count=min(count, MAX_COUNTED),
        is_partial=count > MAX_COUNTED,
        unused=_rows(services, account.id, account.list_id, before) if count else (),
        operation=status,
        archived=payload.done if payload else 0,
    )


def _rows(
    services: Services, account_id: int, list_id: str, before: int
) -> tuple[UnusedContactRow, ...]:
    session = services.session()
    page = contacts.unused_page(session, account_id, list_id, before, b"", SHOWN)
    people = contacts.names_at(session, account_id, [contact.member_hash for contact in page])
    return tuple(
        UnusedContactRow(row.name, row.address, contact.last_used_at)
        for contact in page
        if (row := people.get(contact.member_hash)) is not None
    )
