"""The people of the CRM who have an address at which mail does not arrive, by owner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cxmc_ext.db.queries import accounts, failed_addresses
from cxmc_ext.domain.failed_addresses import FailureReason
from cxmc_ext.domain.people import PersonKind, PersonRef, Right
from cxmc_ext.domain.rules.addresses import canonical_address
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.models import Viewer

PAGE_SIZE = 50
# Owners that the filter offers.
_MAX_OWNERS = 20
_BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class FailedAddressRow:
    """One person. `campaign_title` is "" for a viewer who may not see the campaign."""

    name: str
    url: str | None
    address: str
    reason: FailureReason
    at: int
    campaign_title: str
    campaign_url: str | None
    owner_name: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who is responsible for people of the list."""

    email: str
    name: str
    people: int


@dataclass(frozen=True, slots=True)
class FailedAddressPage:
    """One page of the list; `next_before` is None on the last one, `owner` for everybody's people."""

    rows: tuple[FailedAddressRow, ...]
    next_before: int | None
    owner: str | None
    owners: tuple[Owner, ...]
    people: int


def failed_address_page(
    services: Services, viewer: Viewer, owner: str | None, before: int | None
) -> FailedAddressPage:
    """Reads one page. People whose address was changed meanwhile are not shown any more.

    Args:
        services: Those of the account.
        viewer: Who looks. Campaigns that they may not see are not named.
        owner: Only people of the owner with this e-mail address; None for everybody.
        before: `next_before` of the page before; None for the first page.
    """
    session = services.session()
    account_id = accounts.get_or_create(session, services.account_ref).id
    found = failed_addresses.marked_page(session, account_id, owner, before, PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    return FailedAddressPage(
        rows=_rows(services, viewer, page),
        next_before=page[-1].id if len(found) > PAGE_SIZE else None,
        owner=owner,
        owners=tuple(
            Owner(*row) for row in failed_addresses.owners(session, account_id, _MAX_OWNERS)
        ),
        people=failed_addresses.count_marked(session, account_id),
    )


def all_failed_addresses(
    services: Services, viewer: Viewer, owner: str | None
) -> Iterator[FailedAddressRow]:
    """Yields the whole list, in bounded memory."""
    session, before = services.session(), None
    account_id = accounts.get_or_create(session, services.account_ref).id
    while found := failed_addresses.marked_page(session, account_id, owner, before, _BATCH_SIZE):
        yield from _rows(services, viewer, found)
        before = found[-1].id


def _rows(
    services: Services, viewer: Viewer, found: Sequence[Row[Any]]
) -> tuple[FailedAddressRow, ...]:
    refs = [PersonRef(PersonKind(row.person_kind), row.person_id) for row in found]
    people = services.host.people_by_ref(refs)
    rows = []
    for ref, row in zip(refs, found, strict=True):
        person = people.get(ref)
        if person is not None and canonical_address(person.address) == row.address:
            rows.append(_row(services, viewer, ref, person.name, row))
    return tuple(rows)


def _row(
    services: Services, viewer: Viewer, ref: PersonRef, name: str, row: Row[Any]
) -> FailedAddressRow:
    campaign_ref = row.campaign_ref
    campaign = viewer.campaign(services.host, campaign_ref) if campaign_ref else None
    can_open = campaign is not None and Right.TAB in viewer.rights
    return FailedAddressRow(
        name=name,
        url=services.host.person_url(ref),
        address=row.address,
        reason=row.reason,
        at=row.at,
        campaign_title=row.title if campaign else "",
        campaign_url=services.host.tab_url(campaign_ref) if can_open else None,
        owner_name=row.owner_name,
    )
