"""A new campaign of the host with those who did not open, opened or clicked. No MailChimp call."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import operations, recipient_pages
from cxmc_ext.db.queries.mailings import counts_by
from cxmc_ext.domain.campaigns import EventStatus, MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import OperationKind, OperationState, Press
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.ports.host import CampaignCreator
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.send_form import text_problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import OperationRequest, active_account, insert_operation
from cxmc_ext.usecases.sending.requests import find_mailing

GROUPS: Mapping[str, EventStatus] = {
    "unopened": EventStatus.SENT,
    "opened": EventStatus.OPENED,
    "clicked": EventStatus.CLICKED,
}
"""By the one status of a recipient: who bounced or unsubscribed is in none of them."""
TITLE_LENGTH = 200
_LOT = 1000


def group_sizes(services: Services, mailing: Mailing) -> Mapping[str, int] | None:
    """How many addresses each group has; None while there is nothing to follow up."""
    sent = mailing.state == MailingState.SENT
    if not sent or _campaign_creator(services) is None:
        return None
    counts = counts_by(mailing, "status")
    return {group: counts.get(status.name.lower(), 0) for group, status in GROUPS.items()}


def create_follow_up(services: Services, press: Press, group: str, title: str) -> str:
    """The ref of the new campaign. The same nonce is the same press, and the same campaign.

    :raises Invalid: title, or group: unknown or empty.
    :raises Conflict: not_active, campaign_gone, or nothing_to_follow.
    """
    session = services.session()
    account = active_account(services)
    mailing = find_mailing(services, session, account, press)
    made = _created_before(session, press.nonce)
    if made:
        return made
    _check(services, mailing, group, title)
    try:
        return _create(services, session, press, mailing.id, group, title.strip())
    except IntegrityError:
        session.rollback()
        made = _created_before(session, press.nonce)
        if made is None:
            raise
        return made


def _create(
    services: Services,
    session: Session,
    press: Press,
    mailing_id: int,
    group: str,
    title: str,
) -> str:
    """One transaction: the host's campaign and the row that remembers the press."""
    host = _campaign_creator(services)
    assert host is not None  # noqa: S101 - checked before
    scope = f"follow:{mailing_id}"
    request = OperationRequest(press, OperationKind.FOLLOW_UP, scope, payload={"group": group})
    operation_id = insert_operation(services, session, request, OperationState.DONE)
    made = host.new_campaign(title, _people(session, mailing_id, GROUPS[group]), press.actor.id)
    operations.store_payload(session, operation_id, {"group": group, "campaign": made})
    session.commit()
    return made


def _campaign_creator(services: Services) -> CampaignCreator | None:
    host = services.host
    return host if isinstance(host, CampaignCreator) else None


def _check(services: Services, mailing: Mailing, group: str, title: str) -> None:
    found = group_sizes(services, mailing)
    if found is None:
        raise Conflict(Problem("nothing_to_follow"))
    trouble = {
        "title": text_problem("title", title, TITLE_LENGTH),
        "group": None if found.get(group) else Problem("group_empty"),
    }
    wrong = {name: why for name, why in trouble.items() if why}
    if wrong:
        raise Invalid(wrong)


def _created_before(session: Session, nonce: str) -> str | None:
    found = operations.by_nonce(session, nonce)
    return str(found.payload["campaign"]) if found and "campaign" in found.payload else None


def _people(
    session: Session, mailing_id: int, status: EventStatus
) -> Iterator[Sequence[PersonRef]]:
    after = 0
    while rows := recipient_pages.people_with_status(session, mailing_id, status, after, _LOT):
        after = rows[-1][0]
        yield [ref for _, ref in rows]
