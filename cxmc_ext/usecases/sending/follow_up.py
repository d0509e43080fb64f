"""A new Host campaign with the recipients who did not open a mailing, opened it, or clicked in it.

Those who clicked one link are a group as well, named by `link_group`.

No MailChimp call is made.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import operations, recipient_pages
from cxmc_ext.db.queries.mailings import counts_by
from cxmc_ext.domain.campaigns import EventStatus, MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operation_payloads import FollowUpPayload
from cxmc_ext.domain.operations import OperationKind, OperationState, Press
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.ports.host import CampaignCreator
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.send_form import text_problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import OperationRequest, active_account, insert_operation
from cxmc_ext.usecases.sending.requests import find_mailing

_LINK_GROUP = re.compile(r"link-([0-9]{1,18})", re.ASCII)
# A recipient is in the group of their status; those who bounced or unsubscribed are in none.
GROUPS: Mapping[str, EventStatus] = {
    "unopened": EventStatus.SENT,
    "opened": EventStatus.OPENED,
    "clicked": EventStatus.CLICKED,
}
TITLE_LENGTH = 200
BATCH_SIZE = 1000


def group_sizes(services: Services, mailing: Mailing) -> Mapping[str, int] | None:
    """Counts the addresses in each group.

    Returns:
        Group to count; None if the mailing was not sent or the Host cannot create campaigns.
    """
    if mailing.state != MailingState.SENT or campaign_creator(services) is None:
        return None
    counts = counts_by(mailing, "status")
    return {group: counts.get(status.name.lower(), 0) for group, status in GROUPS.items()}


def can_follow_up(services: Services, mailing: Mailing | None) -> bool:
    """Whether campaigns can be made from the report of a mailing."""
    return mailing is not None and group_sizes(services, mailing) is not None


def campaign_creator(services: Services) -> CampaignCreator | None:
    """The Host, if it can create campaigns."""
    return services.host if isinstance(services.host, CampaignCreator) else None


def noting_sizes(
    chunks: Iterable[Sequence[PersonRef]], sizes: list[int]
) -> Iterator[Sequence[PersonRef]]:
    """The same chunks; the size of each is added to `sizes` when it is taken."""
    for chunk in chunks:
        sizes.append(len(chunk))
        yield chunk


def link_group(link_id: int) -> str:
    """Names the group of those who clicked a link."""
    return f"link-{link_id}"


def create_follow_up(services: Services, press: Press, group: str, title: str) -> FollowUpPayload:
    """Creates a Host campaign with one group of recipients.

    Args:
        services: The services of the account.
        press: The press, on the campaign that was sent. The same press gives the same new campaign.
        group: A key of `GROUPS`, or a `link_group`.
        title: Title of the new campaign.

    Returns:
        The Host's ref of the new campaign, and how many people it was given.

    Raises:
        Invalid: title, or group (unknown or empty).
        Conflict: not_active, campaign_gone, or nothing_to_follow.
    """
    session = services.session()
    account = active_account(services)
    mailing = find_mailing(services, session, account, press)
    existing = _created_before(session, press.nonce)
    if existing:
        return existing
    _validate(services, mailing, group, title)
    try:
        return _create(services, press, account, mailing.id, group, title.strip())
    except IntegrityError:
        session.rollback()
        existing = _created_before(session, press.nonce)
        if existing is None:
            raise
        return existing


def _create(
    services: Services, press: Press, account: Account, mailing_id: int, group: str, title: str
) -> FollowUpPayload:
    """Creates the campaign and the row that remembers the press, in one transaction."""
    session, host = services.session(), campaign_creator(services)
    assert host is not None  # noqa: S101 - checked by _validate
    request = OperationRequest(
        press=press,
        kind=OperationKind.FOLLOW_UP,
        account_id=account.id,
        scope=f"follow:{mailing_id}",
        audited_mailing_id=mailing_id,
        payload=FollowUpPayload(group=group),
    )
    operation_id = insert_operation(services, session, request, OperationState.DONE)
    sizes: list[int] = []
    people = noting_sizes(_people_of(session, mailing_id, group), sizes)
    new_ref = host.new_campaign(title, people, press.actor.id)
    payload = FollowUpPayload(group=group, campaign_ref=new_ref, people=sum(sizes))
    operations.store_payload(session, operation_id, payload.to_json())
    session.commit()
    return payload


def _validate(services: Services, mailing: Mailing, group: str, title: str) -> None:
    if not can_follow_up(services, mailing):
        raise Conflict(Problem("nothing_to_follow"))
    checked = {
        "title": text_problem("title", title, TITLE_LENGTH),
        "group": None if _has_people(services, mailing, group) else Problem("group_empty"),
    }
    problems = {field: problem for field, problem in checked.items() if problem}
    if problems:
        raise Invalid(problems)


def _created_before(session: Session, nonce: str) -> FollowUpPayload | None:
    operation = operations.by_nonce(session, nonce)
    if operation is None or operation.kind != OperationKind.FOLLOW_UP:
        return None
    payload = FollowUpPayload.from_json(operation.payload)
    return payload if payload.campaign_ref else None


def _has_people(services: Services, mailing: Mailing, group: str) -> bool:
    if group not in GROUPS and not _LINK_GROUP.fullmatch(group):
        return False
    return next(_people_of(services.session(), mailing.id, group), None) is not None


def _people_of(session: Session, mailing_id: int, group: str) -> Iterator[Sequence[PersonRef]]:
    """The people of a group, in chunks of at most 1,000."""
    link = _LINK_GROUP.fullmatch(group)
    status = EventStatus.CLICKED if link else GROUPS[group]
    link_id = int(link[1]) if link else None
    for page in recipient_pages.people_with_status(
        session, mailing_id, status, BATCH_SIZE, link_id
    ):
        yield [row.ref for row in page]
