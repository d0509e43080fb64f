"""“Mail it again”: new Host campaigns for the same mail, with those who did not open it or were added later.

A worker looks the people up and creates the campaign together with its mailing, whose form then has the
subject, the sender, the template and the edited texts of the first mail. Nothing is sent until somebody
presses there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TypeAlias

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operation_payloads import FollowUpPayload
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.requests import OperationRequest, connected_account, submit
from cxmc_ext.usecases.operations.signals import failed
from cxmc_ext.usecases.sending.follow_up import (
    TITLE_LENGTH,
    campaign_creator,
    can_follow_up,
    noting_sizes,
)
from cxmc_ext.usecases.sending.requests import find_mailing

FollowUpContext: TypeAlias = OperationContext[FollowUpPayload]
_HOUR = 3600
_FORM_COLUMNS = (
    "subject",
    "preview_text",
    "from_name",
    "from_email",
    "template_id",
    "template_name",
    "regions",
    "blocks",
)


@dataclass(frozen=True, slots=True)
class MailAgainAnswer:
    """The operation that creates the campaign, or the campaign that exists already."""

    operation_id: int | None = None
    campaign_ref: str = ""


class CreatedCampaign(NamedTuple):
    """A new mailing, and the Host campaign it belongs to."""

    mailing_id: int
    campaign_ref: str
    people: int


def can_mail_again(services: Services, mailing: Mailing) -> bool:
    """Whether its mail can be sent to more people: of an imported one there is no template."""
    return not mailing.is_imported and can_follow_up(services, mailing)


def resend_possible_at(services: Services, mailing: Mailing) -> int:
    """From when those who did not open a mailing can be mailed again, in Unix seconds."""
    return (mailing.sent_at or services.clock()) + services.settings.resend_hours * _HOUR


def request_resend(services: Services, press: Press, title: str) -> MailAgainAnswer:
    """Requests a campaign with those who did not open the mailing; there is one per mailing.

    Args:
        services: The services of the account.
        press: The press, on the campaign that was sent.
        title: Title of the new campaign.

    Raises:
        Conflict: not_active, no_key, key_refused, campaign_gone, nothing_to_follow, or resend_too_early.
    """
    mailing = _sent_mailing(services, press)
    existing = usable_mailing(services, mailing.resend_id)
    if existing:
        return MailAgainAnswer(campaign_ref=existing.campaign_ref)
    if services.clock() < resend_possible_at(services, mailing):
        raise Conflict(
            Problem("resend_too_early", values={"hours": str(services.settings.resend_hours)})
        )
    return _submit(services, press, mailing, OperationKind.RESEND, title)


def request_mail_additions(services: Services, press: Press, title: str) -> MailAgainAnswer:
    """Requests a campaign with those who were added to the campaign after it was sent.

    Args:
        services: The services of the account.
        press: The press, on the campaign that was sent.
        title: Title of the new campaign.

    Raises:
        Conflict: not_active, no_key, key_refused, campaign_gone, or nothing_to_follow.
    """
    mailing = _sent_mailing(services, press)
    return _submit(services, press, mailing, OperationKind.MAIL_ADDITIONS, title)


def usable_mailing(services: Services, mailing_id: int | None) -> Mailing | None:
    """A mailing whose campaign still exists in the CRM, or was sent before it was deleted there."""
    mailing = services.session().get(Mailing, mailing_id) if mailing_id else None
    if mailing is None or mailing.state != MailingState.NONE:
        return mailing
    return mailing if services.host.campaign(mailing.campaign_ref, None) else None


def create_campaign(
    context: FollowUpContext,
    mailing: Mailing,
    people: Iterator[Sequence[PersonRef]],
    *,
    nobody: str,
    resend_of_id: int | None = None,
) -> CreatedCampaign:
    """Creates a Host campaign and its mailing with the values of another mailing's form.

    Args:
        context: The operation; the caller commits.
        mailing: The mailing whose mail is sent again.
        people: The people in chunks of at most 1,000.
        nobody: The code of the problem if there are none.
        resend_of_id: The mailing that the new one brings again.

    Raises:
        StopOperation: There is nobody to mail, or the Host cannot create campaigns any more.
    """
    creator, title = campaign_creator(context.services), context.payload.title
    first = next(people, None)
    if first is None or creator is None:
        raise failed(nobody)
    sizes: list[int] = []
    chunks = noting_sizes(chain([first], people), sizes)
    campaign_ref = creator.new_campaign(title, chunks, context.operation.actor_id)
    new = Mailing(
        account_id=mailing.account_id,
        campaign_ref=campaign_ref,
        campaign_title=title,
        resend_of_id=resend_of_id,
        **{name: getattr(mailing, name) for name in _FORM_COLUMNS},
    )
    context.session.add(new)
    context.session.flush()
    return CreatedCampaign(new.id, campaign_ref, sum(sizes))


def _sent_mailing(services: Services, press: Press) -> Mailing:
    account = connected_account(services)
    mailing = find_mailing(services, services.session(), account, press)
    if not can_mail_again(services, mailing):
        raise Conflict(Problem("nothing_to_follow"))
    return mailing


def _submit(
    services: Services, press: Press, mailing: Mailing, kind: OperationKind, title: str
) -> MailAgainAnswer:
    payload = FollowUpPayload(mailing_id=mailing.id, title=title[:TITLE_LENGTH])
    request = OperationRequest(
        press=press,
        kind=kind,
        account_id=mailing.account_id,
        scope=f"{kind}:{mailing.id}",
        audited_mailing_id=mailing.id,
        payload=payload,
    )
    return MailAgainAnswer(operation_id=submit(services, request))
