"""What the report says about the mailings that brought its mail to more people, or once more."""

from collections.abc import Iterable
from dataclasses import dataclass

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.rules.stored_figures import object_of, stored_count
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.sending.mail_again import (
    can_mail_again,
    resend_possible_at,
    usable_mailing,
)


@dataclass(frozen=True, slots=True)
class RelatedMailing:
    """Another mailing with the same mail."""

    title: str
    """"" for a campaign that the user may not see."""
    url: str
    sent_at: int | None
    recipients: int
    """How many it will mail or mailed; 0 before its people are frozen."""


@dataclass(frozen=True, slots=True)
class MailAgain:
    """The mailings with the same mail, and what can be done."""

    is_offered: bool
    """The mailing was sent, and the Host can create campaigns."""
    possible_at: int | None
    """From when those who did not open it can be mailed again; None: now."""
    resend: RelatedMailing | None
    resend_of: RelatedMailing | None
    additions: tuple[RelatedMailing, ...]
    opened_in_both: tuple[int, int] | None
    """(how many opened one of the two mailings, how many were mailed first)"""


def build_mail_again(services: Services, viewer: Viewer, mailing: Mailing) -> MailAgain:
    """Builds it for a mailing. Without related mailings it reads nothing."""
    resend = usable_mailing(services, mailing.resend_id)
    original = usable_mailing(services, mailing.resend_of_id)
    additions = (usable_mailing(services, id_) for id_ in mailing.addition_ids or ())
    possible_at = resend_possible_at(services, mailing)
    return MailAgain(
        is_offered=can_mail_again(services, mailing),
        possible_at=possible_at if possible_at > services.clock() else None,
        resend=_related(services, viewer, resend) if resend else None,
        resend_of=_related(services, viewer, original) if original else None,
        additions=tuple(_related(services, viewer, each) for each in additions if each),
        opened_in_both=_opened_in_both(original or mailing, resend or mailing),
    )


def _related(services: Services, viewer: Viewer, mailing: Mailing) -> RelatedMailing:
    campaign = viewer.campaign(services.host, mailing.campaign_ref)
    return RelatedMailing(
        title=campaign.title if campaign else "",
        url=services.host.tab_url(mailing.campaign_ref) if campaign else "",
        sent_at=mailing.sent_at if mailing.state == MailingState.SENT else None,
        recipients=mailing.emails_sent or mailing.mailable_count,
    )


def _opened_in_both(first: Mailing, second: Mailing) -> tuple[int, int] | None:
    """From the report of the two that was read last."""
    if first is second:
        return None
    counts = [_stored_opened(mailing) for mailing in _last_read_first((first, second))]
    opened = next((count for count in counts if count is not None), None)
    mailed = first.emails_sent
    return (opened, mailed) if opened is not None and second.sent_at and opened <= mailed else None


def _last_read_first(mailings: Iterable[Mailing]) -> list[Mailing]:
    return sorted(mailings, key=lambda mailing: mailing.last_sync_at or 0, reverse=True)


def _stored_opened(mailing: Mailing) -> int | None:
    report = object_of(mailing.report)
    return stored_count(report["opened_in_both"]) if "opened_in_both" in report else None
